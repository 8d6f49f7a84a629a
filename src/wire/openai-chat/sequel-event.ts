// Events of a sequel as events of the first stream: its id, its `created`, its model, no second role, only new text.

import { itemsOf, membersOf, type Member } from '../../core/json.ts'
import { editMembers, splice, type Edit, type MemberChanges } from '../../core/json-edit.ts'
import { withJson } from '../sse.ts'

export interface Rewriting {
  /** Top-level members of the first stream; undefined: it had none. */
  readonly head: MemberChanges
  readonly dropsRole: boolean
  /** In the place of the event's own text; undefined: that stays. */
  readonly text: string | undefined
}

const OPEN_BRACE = 0x7b
const SAME_FOR_ALL = ['id', 'created', 'model']

/** What all events of one answer have in common, as the first stream spelt it. `json`: a chunk of it. */
export function headOf (json: string): MemberChanges {
  const bytes = Buffer.from(json)
  const members = membersOf(bytes, bytes.indexOf(OPEN_BRACE))
  return new Map(SAME_FOR_ALL.map((name) => {
    const member = members.find((each) => each.name === name)
    return [name, member && bytes.toString('utf8', member.valueStart, member.valueEnd)]
  }))
}

/** `event` is latin1 with its blank line, `json` what it says. Everything that is not named stays as it is. */
export function rewrite (event: string, json: string, rewriting: Rewriting): string {
  return withJson(onOneLine(event, json), (bytes) => {
    const members = membersOf(bytes, 0)
    const choices = members.find(({ name }) => name === 'choices')
    const edits = editMembers(bytes, 0, rewriting.head, members)
    return splice(bytes, choices ? [...edits, ...choiceEdits(bytes, choices, rewriting)] : edits)
  })
}

/** Splices need the JSON in one piece; a line break between its tokens is only a space. */
function onOneLine (event: string, json: string): string {
  const text = event.slice(event.indexOf('{'), event.lastIndexOf('}'))
  if (!/[\r\n]/.test(text)) return event
  return `data: ${Buffer.from(json.replace(/[\r\n]+/g, ' ')).toString('latin1')}\n\n`
}

function choiceEdits (json: Buffer, choices: Member, { dropsRole, text }: Rewriting): Edit[] {
  const first = itemsOf(json, choices.valueStart)[0]
  if (!first || json[first.start] !== OPEN_BRACE) return []
  const members = membersOf(json, first.start)
  const delta = members.find(({ name, valueStart }) => name === 'delta' && json[valueStart] === OPEN_BRACE)
  const content = text === undefined ? undefined : JSON.stringify(text)
  const changes: MemberChanges = content === undefined ? new Map() : textChanges(members, content, !delta)
  const edits = editMembers(json, first.start, changes, members)
  return delta ? [...edits, ...editMembers(json, delta.valueStart, deltaChanges(dropsRole, content))] : edits
}

/** Together says the text of a chat twice: in the delta and beside it. A last chunk may have no place for text yet. */
function textChanges (members: readonly Member[], content: string, lacksDelta: boolean): MemberChanges {
  if (members.some(({ name }) => name === 'text')) return new Map([['text', content]])
  return lacksDelta ? new Map([['delta', `{"content":${content}}`]]) : new Map()
}

function deltaChanges (dropsRole: boolean, content: string | undefined): MemberChanges {
  const changes = new Map<string, string | undefined>()
  if (dropsRole) changes.set('role', undefined)
  if (content !== undefined) changes.set('content', content)
  return changes
}
