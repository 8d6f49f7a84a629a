// A play: what it answers when nothing goes wrong, and what goes wrong in which of its takes.

import type { JsonObject } from '../core/json.ts'
import { rest, type Step } from './step.ts'

/** The answer of a play when nothing goes wrong. The same request gets the same answer, byte for byte but for dates. */
export interface Content {
  /** The text is `token-1 token-2 …`, the reasoning `thought-1 thought-2 …`. */
  readonly tokens: number
  readonly reasoning: number
  readonly toolCalls: number
  readonly choices: number
  /** `asked`: in a stream only when the request asks for it, as OpenAI does. An object is told as it is, when asked. */
  readonly usage: 'asked' | 'always' | 'never' | JsonObject
  /** A member of the answer's usage chunk or JSON that is text, not a value: `NaN` is no JSON. Undefined: none. */
  readonly usageText: string | undefined
  /** Whether a stream ends with `[DONE]`. */
  readonly hasDone: boolean
  readonly newline: '\n' | '\r\n' | '\r'
  /** Every event goes out so many times. */
  readonly repeats: number
  /** `gzip`: compressed event by event, and said so, whether or not it was asked for. */
  readonly coding: 'identity' | 'gzip'
  /** What happens when the last message is the assistant's: the text goes on behind it, is written anew, or 400. */
  readonly prefill: 'regenerates' | 'continues' | 'refuses'
}

export const PLAIN_CONTENT: Content = {
  tokens: 60,
  reasoning: 0,
  toolCalls: 0,
  choices: 1,
  usage: 'asked',
  usageText: undefined,
  hasDone: true,
  newline: '\n',
  repeats: 1,
  coding: 'identity',
  prefill: 'regenerates'
}

/** Which calls of a play a take is for. Counts and times begin with the play's first call since the last reset. */
export type Scope =
  | { readonly kind: 'calls', readonly count: number }
  | { readonly kind: 'time', readonly ms: number }
  /** Calls on a connection that has carried a whole answer before. */
  | { readonly kind: 'reused-connection' }
  | { readonly kind: 'always' }

export interface Take {
  readonly scope: Scope
  readonly steps: readonly Step[]
}

/** When it begins: with the whole request, with its head (the body may never be read), or with the connection. */
export type Beginning = 'request' | 'head' | 'connection'

export interface Play {
  /** One line for `aibroker chaos --list`. */
  readonly says: string
  /** Its numbers among the sixteen faults of docs/chaos.md. */
  readonly faults: readonly number[]
  readonly content: Content
  /** The first one in whose scope a call is counts; without any the answer is whole. */
  readonly takes: readonly Take[]
  readonly begins: Beginning
}

export interface PlayOptions {
  readonly faults?: readonly number[]
  readonly content?: Partial<Content>
  readonly begins?: Beginning
}

/** The same steps for every call. */
export function play (says: string, steps: readonly Step[], options: PlayOptions = {}): Play {
  return inTakes(says, [{ scope: { kind: 'always' }, steps }], options)
}

export function inTakes (says: string, takes: readonly Take[], options: PlayOptions = {}): Play {
  const { faults = [], content, begins = 'request' } = options
  return { says, faults, content: { ...PLAIN_CONTENT, ...content }, takes, begins }
}

/** The first `count` calls get these steps; those after it get a whole answer. */
export function firstCalls (count: number, steps: readonly Step[]): Take[] {
  return [{ scope: { kind: 'calls', count }, steps }]
}

/** What has happened to a play so far. */
export interface Progress {
  /** Calls before this one. */
  readonly calls: number
  /** Since the play's first call. */
  readonly elapsedMs: number
  readonly isConnectionReused: boolean
}

/** The steps for a call that comes now. */
export function stepsOf ({ takes }: Play, progress: Progress): readonly Step[] {
  return takes.find(({ scope }) => isWithin(scope, progress))?.steps ?? [rest]
}

function isWithin (scope: Scope, { calls, elapsedMs, isConnectionReused }: Progress): boolean {
  switch (scope.kind) {
    case 'calls': return calls < scope.count
    case 'time': return elapsedMs < scope.ms
    case 'reused-connection': return isConnectionReused
    case 'always': return true
  }
}
