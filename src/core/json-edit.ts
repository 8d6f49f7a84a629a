// Splices: small declared changes to JSON bytes. What is not named in an edit is the same byte before and after.

import { membersOf, skipSpace, type Member } from './json.ts'

/** Replaces the bytes from `start` to `end` with `text`. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Applies edits (any order, not overlapping) in one copy. With no edits the same buffer comes back. */
export function splice (bytes: Buffer, edits: readonly Edit[]): Buffer {
  if (edits.length === 0) return bytes
  const sorted = edits.length === 1 ? edits : [...edits].sort((a, b) => a.start - b.start || a.end - b.end)
  let length = bytes.length
  for (const { start, end, text } of sorted) length += Buffer.byteLength(text) - (end - start)
  const out = Buffer.allocUnsafe(length)
  let from = 0
  let at = 0
  for (const { start, end, text } of sorted) {
    at += bytes.copy(out, at, from, start)
    at += out.write(text, at)
    from = end
  }
  bytes.copy(out, at, from)
  return out
}

/** A member name to its new JSON text, or to undefined: the member goes away. */
export type MemberChanges = ReadonlyMap<string, string | undefined>

/**
 * Edits that change members of the object whose brace is at `start`: replaced in place, removed with exactly one
 * comma, or added at the end. Changes that change nothing give no edit.
 */
export function editMembers (
  bytes: Buffer, start: number, changes: MemberChanges, members: readonly Member[] = membersOf(bytes, start)
): Edit[] {
  const edits: Edit[] = []
  const isKept = (member: Member | undefined) =>
    member !== undefined && !(changes.has(member.name) && changes.get(member.name) === undefined)

  for (let at = 0; at < members.length; at++) {
    const member = members[at] as Member
    const text = changes.get(member.name)
    if (text !== undefined) edits.push({ start: member.valueStart, end: member.valueEnd, text })
    if (isKept(member)) continue
    const first = at
    while (members[at + 1] && !isKept(members[at + 1])) at++ // neighbours that go too share one edit
    edits.push(removalOf(bytes, members, first, at))
  }
  const added = additionsOf(changes, members)
  if (added !== '') edits.push(insertionOf(added, start, members.findLast(isKept)))
  return edits
}

/** Behind the last member that stays. Without any, the comma goes too. */
function insertionOf (added: string, start: number, last: Member | undefined): Edit {
  const at = last ? last.valueEnd : start + 1
  return { start: at, end: at, text: last ? `,${added}` : added }
}

function removalOf (bytes: Buffer, members: readonly Member[], first: number, last: number): Edit {
  const before = members[first - 1]
  const after = members[last + 1]
  const lastEnd = (members[last] as Member).valueEnd
  if (before) return { start: before.valueEnd, end: lastEnd, text: '' }
  return {
    start: (members[first] as Member).nameStart,
    end: after ? after.nameStart : skipSpace(bytes, lastEnd),
    text: ''
  }
}

function additionsOf (changes: MemberChanges, members: readonly Member[]): string {
  const added: string[] = []
  for (const [name, text] of changes) {
    if (text === undefined || members.some((member) => member.name === name)) continue
    added.push(`${JSON.stringify(name)}:${text}`)
  }
  return added.join(',')
}
