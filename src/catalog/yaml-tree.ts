// A YAML file as values that know their line, with scalars kept as they are spelled: "2.50" stays "2.50".

export interface YamlScalar {
  readonly kind: 'scalar'
  /** As written for plain scalars, so that numbers never pass through a binary float; unquoted otherwise. */
  readonly text: string
  /** Not quoted: `null`, `true` and `1e3` mean something else than text. */
  readonly isPlain: boolean
  readonly line: number
}

export interface YamlEntry {
  readonly key: string
  readonly line: number
  readonly value: YamlNode
}

export interface YamlMap {
  readonly kind: 'map'
  /** In the order of the file; a key may be there twice, which is for the reader to refuse. */
  readonly entries: readonly YamlEntry[]
  readonly line: number
}

export interface YamlList {
  readonly kind: 'list'
  readonly items: readonly YamlNode[]
  readonly line: number
}

export type YamlNode = YamlScalar | YamlMap | YamlList

// Core schema of YAML 1.2.2, chapter 10.3.2: plain scalars that are not text. https://yaml.org/spec/1.2.2/
const NULL = /^(?:~|null|Null|NULL)?$/
const BOOLEAN = /^(?:true|True|TRUE|false|False|FALSE)$/
const NUMBER = /^(?:[-+]?\d+|0o[0-7]+|0x[\da-fA-F]+|[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

/** Whether the scalar stands for "nothing": empty, `~` or `null` without quotes. */
export function isNothing (node: YamlNode): boolean {
  return node.kind === 'scalar' && node.isPlain && NULL.test(node.text)
}

/** Whether a plain scalar of this spelling is text and not a number, a boolean or nothing. */
export function isPlainText (text: string): boolean {
  return !NULL.test(text) && !BOOLEAN.test(text) && !NUMBER.test(text)
}
