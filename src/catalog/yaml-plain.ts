// The quick reader: the part of YAML that hand-written configuration uses, at a tenth of the full parser's time.
//
// It must never read anything differently from the full parser, so it steps aside (undefined) at the first thing it
// is not sure of: several lines in one value, escapes, anchors, tags, tabs, `---`, spaces before a colon, and every
// mistake. A test feeds both with made-up files and compares. Measured cold on 2 vCPU with the shipped file: 13 ms
// here, 140 ms in the full parser with the time it takes to load, which a start would wait for.

import { isPlainText, type YamlEntry, type YamlNode } from './yaml-tree.ts'

interface Line {
  readonly indent: number
  /** Without indent and trailing spaces; never empty, never a comment. */
  readonly text: string
  readonly number: number
}

const DEEPEST = 16
const LONGEST_KEY = 500
// Control characters, other spaces and line breaks, a lone carriage return, a document marker or a directive.
// eslint-disable-next-line no-control-regex
const UNSURE = /[\0-\x09\x0b\x0c\x0e-\x1f\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]|\r(?!\n)|^(?:---|\.\.\.|%)/m
const ENTRY = /^(?:([\w~.][\w./@~+-]*(?::[\w./@~+-]+)*)|"([^"\\]*)"|'([^']*)'):(?: +(.*))?$/
const PLAIN = /^(?:-(?=[\w.]))?[\w.+~/($\p{L}][^]*$/u
const QUOTED = /(?:"([^"\\]*)"|'([^']*)')/y
const FLOW_KEY = /([A-Za-z_][\w-]*):(?= )|(?:"([^"\\]*)"|'([^']*)'):(?= )/y
const FLOW_PLAIN = /(?:-(?=[\w.]))?[\w.+~/][\w.+~/@$%()-]*(?:(?: +|:)[\w.+~/@$%()-]+)*/y
const SPACES = / */y
const COMMENT = / +#.*$/
const KEY_INSIDE = /:(?: |$)/
const END = /^(?: +#.*)?$/

class StepAside extends Error {}

/** The tree of `text`, or undefined when the full parser must decide. */
export function readPlainYaml (text: string): YamlNode | undefined {
  if (UNSURE.test(text)) return undefined
  const lines = linesOf(text)
  if (lines.length === 0) return undefined
  try {
    const reader = new BlockReader(lines)
    const root = reader.block(0)
    return reader.isAtEnd ? root : undefined
  } catch (error) {
    if (error instanceof StepAside) return undefined
    throw error
  }
}

function linesOf (text: string): Line[] {
  const lines: Line[] = []
  const raw = text.split('\n')
  for (let i = 0; i < raw.length; i++) {
    const line = (raw[i] ?? '').trimEnd()
    const content = line.trimStart()
    if (content !== '' && !content.startsWith('#')) {
      lines.push({ indent: line.length - content.length, text: content, number: i + 1 })
    }
  }
  return lines
}

/** Block style: what indentation says. Every method reads from line `#at` on and leaves it behind what it read. */
class BlockReader {
  readonly #lines: Line[]
  #at = 0

  constructor (lines: Line[]) {
    this.#lines = lines
  }

  get isAtEnd (): boolean { return this.#at === this.#lines.length }

  block (depth: number): YamlNode {
    const line = this.#lines[this.#at]
    if (!line || depth > DEEPEST) throw new StepAside()
    return isDash(line) ? this.#list(line, depth) : this.#map(line, depth)
  }

  #map (first: Line, depth: number): YamlNode {
    const entries: YamlEntry[] = []
    for (let line: Line | undefined = first; line?.indent === first.indent && !isDash(line);) {
      const { key, rest } = entryOf(line)
      this.#at++
      entries.push({ key, line: line.number, value: this.#value(rest, line, depth) })
      line = this.#lines[this.#at]
    }
    this.#refuseDeeper(first.indent)
    return { kind: 'map', entries, line: first.number }
  }

  #value (rest: string, line: Line, depth: number): YamlNode {
    if (rest !== '' && !rest.startsWith('#')) return inlineOf(rest, line.number)
    const next = this.#lines[this.#at]
    const isNested = next !== undefined && (next.indent > line.indent || (next.indent === line.indent && isDash(next)))
    return isNested ? this.block(depth + 1) : { kind: 'scalar', text: '', isPlain: true, line: line.number }
  }

  #list (first: Line, depth: number): YamlNode {
    const items: YamlNode[] = []
    for (let line: Line | undefined = first; line?.indent === first.indent && isDash(line);) {
      items.push(this.#item(line, depth))
      line = this.#lines[this.#at]
    }
    this.#refuseDeeper(first.indent)
    return { kind: 'list', items, line: first.number }
  }

  #item (line: Line, depth: number): YamlNode {
    const text = line.text.slice(1).trimStart()
    if (/^[\w~.]/.test(text) && ENTRY.test(text)) {
      // `- key: value` opens a map whose entries stand where `key` stands.
      this.#lines[this.#at] = { indent: line.indent + line.text.length - text.length, text, number: line.number }
      return this.block(depth + 1)
    }
    this.#at++
    return inlineOf(text, line.number)
  }

  /** A deeper line here is a value that goes on, or a mistake. */
  #refuseDeeper (indent: number): void {
    const next = this.#lines[this.#at]
    if (next && next.indent > indent) throw new StepAside()
  }
}

function isDash (line: Line): boolean {
  return line.text.startsWith('- ') || line.text === '-'
}

function entryOf (line: Line): { key: string, rest: string } {
  const match = ENTRY.exec(line.text)
  if (!match) throw new StepAside()
  const [, plain, double, single, rest = ''] = match
  return { key: keyOf(plain, double ?? single ?? ''), rest }
}

function keyOf (plain: string | undefined, quoted: string): string {
  if (plain !== undefined && !isPlainText(plain)) throw new StepAside()
  const key = plain ?? quoted
  if (key.length > LONGEST_KEY) throw new StepAside()
  return key
}

/** A value that starts and ends on one line. */
function inlineOf (text: string, line: number): YamlNode {
  if (text.startsWith('{') || text.startsWith('[')) return new FlowReader(text, line).whole()
  const quoted = matchAt(QUOTED, text, 0)
  if (quoted) {
    if (!END.test(text.slice(quoted[0].length))) throw new StepAside()
    return { kind: 'scalar', text: quoted[1] ?? quoted[2] ?? '', isPlain: false, line }
  }
  const plain = text.replace(COMMENT, '')
  if (!PLAIN.test(plain) || KEY_INSIDE.test(plain)) throw new StepAside()
  return { kind: 'scalar', text: plain, isPlain: true, line }
}

/** Flow style on one line: `{ a: 1, b: [x, y] }`. */
class FlowReader {
  readonly #text: string
  readonly #line: number
  #at = 0

  constructor (text: string, line: number) {
    this.#text = text
    this.#line = line
  }

  whole (): YamlNode {
    const node = this.#node(0)
    if (!END.test(this.#text.slice(this.#at))) throw new StepAside()
    return node
  }

  #node (depth: number): YamlNode {
    if (depth > DEEPEST) throw new StepAside()
    if (this.#takes('{')) return { kind: 'map', entries: this.#until('}', () => this.#entry(depth)), line: this.#line }
    if (this.#takes('[')) return { kind: 'list', items: this.#until(']', () => this.#node(depth + 1)), line: this.#line }
    const quoted = this.#match(QUOTED)
    if (quoted) return { kind: 'scalar', text: quoted[1] ?? quoted[2] ?? '', isPlain: false, line: this.#line }
    const [text] = this.#match(FLOW_PLAIN) ?? []
    if (text === undefined) throw new StepAside()
    return { kind: 'scalar', text, isPlain: true, line: this.#line }
  }

  #entry (depth: number): YamlEntry {
    const match = this.#match(FLOW_KEY)
    if (!match) throw new StepAside()
    const [, plain, double, single] = match
    const key = keyOf(plain, double ?? single ?? '')
    this.#match(SPACES)
    return { key, line: this.#line, value: this.#node(depth + 1) }
  }

  #until<T> (close: string, read: () => T): T[] {
    const parts: T[] = []
    for (;;) {
      this.#match(SPACES)
      if (this.#takes(close)) return parts
      parts.push(read())
      this.#match(SPACES)
      if (!this.#takes(',') && this.#text[this.#at] !== close) throw new StepAside()
    }
  }

  #takes (character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #match (pattern: RegExp): RegExpExecArray | null {
    const match = matchAt(pattern, this.#text, this.#at)
    if (match) this.#at += match[0].length
    return match
  }
}

function matchAt (sticky: RegExp, text: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at
  return sticky.exec(text)
}
