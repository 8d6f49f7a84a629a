// Text to tree: the quick reader where it is sure, the `yaml` package for everything else and for every mistake.

import { createRequire } from 'node:module'
import type { Document, LineCounter, Node, Pair, ParsedNode } from 'yaml'
import type { Place, Report } from './config-error.ts'
import { readPlainYaml } from './yaml-plain.ts'
import { isPlainText, type YamlEntry, type YamlNode, type YamlScalar } from './yaml-tree.ts'

/** Aliases can make a small file mean a giant one ("billion laughs"): this is how much a file may mean. */
const MOST_VALUES = 1_000_000
const TOO_DEEP = 'is nested too deep'
const MOST_DEEP = 200
/** A line that could begin a block this deep: each level is a column, or an indicator with its space. */
const DEEP_BLOCK = /^[ ]*(?:[-?:][ ]+){200}|^[ ]{400}/m
const EMPTY = 'is empty: expected "models:" and what they are'
const START = { line: 1, path: '' }

// Loaded when a file needs it: it takes longer to load than the quick reader takes for the whole shipped file.
const require = createRequire(import.meta.url)

/** The tree of `text`, or undefined when there is none; every reason is in the report. */
export function readYaml (text: string, report: Report): YamlNode | undefined {
  return readPlainYaml(text) ?? readFullYaml(text, report)
}

/** As readYaml, always with the full parser. */
export function readFullYaml (text: string, report: Report): YamlNode | undefined {
  const yaml = require('yaml') as typeof import('yaml')
  return isTooDeep(text, yaml) ? report.refuse(START, TOO_DEEP) : parse(text, report, yaml)
}

/**
 * The parser recurses, and so does whoever walks its tree. To wait for the end of the stack is no guard: a regular
 * expression that V8 compiles there ends the process. Blocks nest by columns, collections in brackets by brackets.
 */
function isTooDeep (text: string, yaml: typeof import('yaml')): boolean {
  if (DEEP_BLOCK.test(text)) return true
  let depth = 0
  for (const token of new yaml.Lexer().lex(text)) {
    if (token === '[' || token === '{') depth++
    if (token === ']' || token === '}') depth--
    if (depth > MOST_DEEP) return true
  }
  return false
}

function parse (text: string, report: Report, yaml: typeof import('yaml')): YamlNode | undefined {
  const lines = new yaml.LineCounter()
  // Duplicate keys are refused by whoever reads the map, with their path; prettyErrors would only add the code again.
  const documents = yaml.parseAllDocuments(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false })
  const [document, second] = Array.isArray(documents) ? documents : []
  if (!document) return report.refuse(START, EMPTY)
  for (const { pos, message } of document.errors) report.refuse(placeAt(lines, pos[0]), wordsOf(message))
  if (document.errors.length > 0) return undefined
  if (!document.contents) return report.refuse(START, EMPTY)
  if (second) return report.refuse(placeAt(lines, second.range[0]), 'holds a second document ("---")')

  for (const { pos, message } of document.warnings) report.warn(placeAt(lines, pos[0]), message)
  return new Converter(yaml, lines, report).root(document)
}

/** Parser nodes to ours. Aliased values are shared, not copied, and counted as often as they are used. */
class Converter {
  readonly #yaml: typeof import('yaml')
  readonly #lines: LineCounter
  readonly #report: Report
  readonly #anchors = new Map<string, YamlNode>()
  readonly #sizes = new Map<YamlNode, number>()

  constructor (yaml: typeof import('yaml'), lines: LineCounter, report: Report) {
    this.#yaml = yaml
    this.#lines = lines
    this.#report = report
  }

  root (document: Document.Parsed): YamlNode | undefined {
    const root = this.#convert(document.contents as ParsedNode)
    if (this.#sizeOf(root) <= MOST_VALUES) return root
    return this.#report.refuse(START, `means more than ${MOST_VALUES} values, aliases counted as often as they are used`)
  }

  #convert (node: Node): YamlNode {
    const line = lineAt(this.#lines, node.range?.[0] ?? 0)
    const tree = this.#treeOf(node, line)
    // Set after its content is read: an alias inside its own anchor finds nothing.
    if (!this.#yaml.isAlias(node) && 'anchor' in node && node.anchor) this.#anchors.set(node.anchor, tree)
    return tree
  }

  #treeOf (node: Node, line: number): YamlNode {
    if (this.#yaml.isAlias(node)) return this.#aliased(node.source, line)
    if (this.#yaml.isMap(node)) {
      const entries = node.items.flatMap((pair) => this.#entryOf(pair as Pair<Node, Node | null>))
      return this.#sized({ kind: 'map', entries, line }, entries.map(({ value }) => value))
    }
    if (this.#yaml.isSeq(node)) {
      const items = node.items.map((item) => this.#convert(item as Node))
      return this.#sized({ kind: 'list', items, line }, items)
    }
    return this.#scalar(node, line)
  }

  #scalar (node: Node, line: number): YamlScalar {
    if (!this.#yaml.isScalar(node)) return nothingAt(line)
    const isPlain = node.type === 'PLAIN'
    return { kind: 'scalar', text: isPlain ? node.source ?? '' : String(node.value ?? ''), isPlain, line }
  }

  #entryOf ({ key, value }: Pair<Node, Node | null>): YamlEntry[] {
    const { line, text, isPlain } = this.#scalar(key, lineAt(this.#lines, key.range?.[0] ?? 0))
    if (isPlain && !isPlainText(text)) {
      this.#report.refuse({ line, path: '' }, text === '' ? 'a key must be text' : `the key ${text} is not text: put it in quotes`)
      return []
    }
    return [{ key: text, line, value: value ? this.#convert(value) : nothingAt(line) }]
  }

  #aliased (name: string, line: number): YamlNode {
    const tree = this.#anchors.get(name)
    if (tree) return tree
    this.#report.refuse({ line, path: '' }, `the alias *${name} refers to itself or to nothing`)
    return nothingAt(line)
  }

  #sized<T extends YamlNode> (tree: T, children: readonly YamlNode[]): T {
    this.#sizes.set(tree, children.reduce((sum, child) => sum + this.#sizeOf(child), 1))
    return tree
  }

  #sizeOf (tree: YamlNode): number {
    return this.#sizes.get(tree) ?? 1
  }
}

/** The parser catches its own stack overflow. */
function wordsOf (message: string): string {
  return message.includes('call stack') ? TOO_DEEP : message
}

function nothingAt (line: number): YamlScalar {
  return { kind: 'scalar', text: '', isPlain: true, line }
}

function placeAt (lines: LineCounter, offset: number): Place {
  return { line: lineAt(lines, offset), path: '' }
}

function lineAt (lines: LineCounter, offset: number): number {
  return lines.linePos(offset).line
}
