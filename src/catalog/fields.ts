// The members of a map as typed values: each wrong one is reported where it stands, and reading goes on.

import type { Report } from './config-error.ts'
import { nearestNames } from './nearest.ts'
import { isNothing, type YamlNode } from './yaml-tree.ts'

/** A value and where it stands, for one sentence about it. */
export interface Field {
  readonly node: YamlNode
  readonly line: number
  readonly path: string
  refuse (says: string): undefined
  warn (says: string): undefined
}

const LONGEST_TEXT = 500
// eslint-disable-next-line no-control-regex
const CONTROL = /[\0-\x1f\x7f-\x9f\u2028\u2029]/
const MOST_SHOWN = 40

export function fieldOf (node: YamlNode, at: { line: number, path: string }, report: Report): Field {
  return {
    node,
    line: at.line,
    path: at.path,
    refuse: (says) => report.refuse(at, says),
    warn: (says) => report.warn(at, says)
  }
}

/** The members of a map whose keys are names the operator chose; a name given twice is refused. */
export function membersOf (field: Field, report: Report): Map<string, Field> {
  const members = new Map<string, Field>()
  const { node } = field
  if (node.kind !== 'map') {
    if (!isNothing(node)) field.refuse(`must be a map of names, not ${kindOf(node)}`)
    return members
  }
  for (const { key, line, value } of node.entries) {
    const path = field.path === '' ? key : `${field.path}/${key}`
    const first = members.get(key)
    const member = fieldOf(value, { line, path }, report)
    if (first) member.refuse(`is there twice, the first time in line ${first.line}`)
    else members.set(key, member)
  }
  return members
}

/** As membersOf, with the keys this place knows; others are warned about and left out. */
export function knownMembersOf (field: Field, known: readonly string[], report: Report): Map<string, Field> {
  const members = membersOf(field, report)
  for (const [key, member] of members) {
    if (known.includes(key)) continue
    members.delete(key)
    if (key === '<<') member.refuse('merge keys are not supported: repeat the values')
    else member.warn(`unknown key, ignored${didYouMean(key, known)}`)
  }
  return members
}

/** `; did you mean "input_cost"?`, or '' when nothing is close. */
export function didYouMean (word: string, known: Iterable<string>): string {
  const [nearest] = nearestNames(word, known, 1)
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`
}

/** Text of a scalar, quoted or not: `display_name: 4o` is the text "4o". */
export function textOf (field: Field | undefined): string | undefined {
  if (!field) return undefined
  const { node } = field
  if (node.kind !== 'scalar') return field.refuse(`must be text, not ${kindOf(node)}`)
  const text = node.text.trim()
  if (isNothing(node) || text === '') return field.refuse('is empty: give a value or remove the line')
  if (text.length > LONGEST_TEXT || CONTROL.test(text)) {
    return field.refuse(`must be at most ${LONGEST_TEXT} characters without line breaks`)
  }
  return text
}

/** A whole number between `least` and `largest`. */
export function countOf (field: Field | undefined, least: number, largest: number): number | undefined {
  const text = textOf(field)
  if (!field || text === undefined) return undefined
  const count = Number(text)
  if (/^\d{1,15}$/.test(text) && count >= least && count <= largest) return count
  return field.refuse(`must be a whole number from ${least} to ${largest}, not "${shown(text)}"`)
}

/** The items of a list as texts; a wrong one is refused and left out. */
export function textsOf (field: Field | undefined, report: Report): Array<{ text: string, field: Field }> {
  return itemsOf(field, report).flatMap((item) => {
    const text = textOf(item)
    return text === undefined ? [] : [{ text, field: item }]
  })
}

/** The items of a list; empty when the field is absent or no list. */
export function itemsOf (field: Field | undefined, report: Report): Field[] {
  if (!field) return []
  const { node, path } = field
  if (node.kind !== 'list') {
    field.refuse(`must be a list, not ${kindOf(node)}`)
    return []
  }
  return node.items.map((item, index) => fieldOf(item, { line: item.line, path: `${path}/${index}` }, report))
}

/** Long values are cut: a message is for reading. */
export function shown (text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text
}

function kindOf (node: YamlNode): string {
  if (isNothing(node)) return 'empty'
  return node.kind === 'scalar' ? `"${shown(node.text)}"` : `a ${node.kind}`
}
