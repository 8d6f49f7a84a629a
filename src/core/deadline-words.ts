// How people spell deadlines: the words of modelsconfig.yml and of the request headers, and lengths of time.

import type { DeadlineName, DeadlineOverrides } from './deadlines.ts'

/** `timeouts: { first_byte: 60 }` and `X-Aibroker-Timeout-First-Byte: 60`. */
export const DEADLINE_WORDS = {
  connect: 'connectMs',
  first_byte: 'firstByteMs',
  first_event: 'firstEventMs',
  between: 'betweenMs',
  total: 'totalMs'
} as const satisfies { readonly [word: string]: DeadlineName }

export type DeadlineWord = keyof typeof DEADLINE_WORDS

/** Deadlines as the file has them, in seconds. */
export type DeadlineSeconds = { readonly [word in DeadlineWord]?: number }

/** Nobody waits longer for anything, and Node's timers end at 24 days. */
export const LONGEST_DEADLINE_MS = 86_400_000

const SPAN = /^(\d{1,8})(?:\.(\d{1,3}))?(ms|s|m)?$/
const MS_PER: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000 }

/**
 * `60` and `2.5` are seconds; `1500ms`, `2s`, `1m` say their unit. In whole ms; undefined: none of these, or a part of
 * a millisecond. In integers all along: 1.1 times 1000 is not 1100 in binary floats.
 */
export function readDeadlineMs (text: string): number | undefined {
  const [, whole, part = '', unit = 's'] = SPAN.exec(text) ?? []
  if (whole === undefined) return undefined
  const ms = Number(whole + part.padEnd(3, '0')) * (MS_PER[unit] ?? 0) / 1_000
  return Number.isInteger(ms) ? ms : undefined
}

/** For lists and cards. Members that are not set are absent. */
export function secondsOf (deadlines: DeadlineOverrides): DeadlineSeconds {
  const said = Object.entries(DEADLINE_WORDS).flatMap(([word, name]) => {
    const ms = deadlines[name]
    return ms === undefined ? [] : [[word, ms / 1_000] as const]
  })
  return Object.fromEntries(said)
}
