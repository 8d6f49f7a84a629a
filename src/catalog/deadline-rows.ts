// `timeouts` and `stream_mode` of modelsconfig.yml: how long is waited, and what becomes of a stream that breaks.

import { DEADLINE_WORDS, LONGEST_DEADLINE_MS, readDeadlineMs } from '../core/deadline-words.ts'
import type { DeadlineName, DeadlineOverrides } from '../core/deadlines.ts'
import { STREAM_MODES, type StreamMode } from '../core/stream-mode.ts'
import type { Report } from './config-error.ts'
import { didYouMean, knownMembersOf, shown, textOf, type Field } from './fields.ts'
import { isNothing } from './yaml-tree.ts'

const KEYS = Object.keys(DEADLINE_WORDS)
const LONGEST_S = LONGEST_DEADLINE_MS / 1_000

/** Only what is given; undefined when nothing is. 0: no bound. */
export function readDeadlines (field: Field | undefined, report: Report): DeadlineOverrides | undefined {
  if (!field) return undefined
  if (isNothing(field.node)) return field.refuse('is empty: give a value or remove the line')
  const members = knownMembersOf(field, KEYS, report)
  const deadlines: { -readonly [name in DeadlineName]?: number } = {}
  for (const [word, name] of Object.entries(DEADLINE_WORDS)) {
    const ms = readDeadline(members.get(word))
    if (ms !== undefined) deadlines[name] = ms
  }
  return Object.keys(deadlines).length === 0 ? undefined : Object.freeze(deadlines)
}

function readDeadline (field: Field | undefined): number | undefined {
  const text = textOf(field)
  if (!field || text === undefined) return undefined
  const ms = readDeadlineMs(text)
  if (ms !== undefined && ms <= LONGEST_DEADLINE_MS) return ms
  return field.refuse(
    `must be seconds from 0 (no bound) to ${LONGEST_S} such as 60 or 2.5, or a time such as 1500ms or 2m, not "${shown(text)}"`)
}

export function readStreamMode (field: Field | undefined): StreamMode | undefined {
  const text = textOf(field)
  if (!field || text === undefined) return undefined
  const mode = STREAM_MODES.find((mode) => mode === text)
  if (mode) return mode
  return field.refuse(
    `"${shown(text)}" is no stream mode: write one of ${STREAM_MODES.join(', ')}${didYouMean(text, STREAM_MODES)}`)
}
