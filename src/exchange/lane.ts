// How an ask is spoken to one backend. Most are spoken as they came, and are their own lane.

import type { Translation } from '../core/ask.ts'
import type { Candidate } from '../routing/plan.ts'
import { completionOverChat } from '../wire/completion-over-chat/index.ts'
import type { Translated, Translator } from '../wire/format.ts'
import type { Ask, AskBody } from './ask.ts'

/** How an ask is spoken to one backend: the task it is asked for there, in which wire, with which body. */
export interface Lane extends Pick<Ask, 'task' | 'wire' | 'body'> {
  /** Names of the members that are not the client's own; undefined: none. */
  readonly edits?: readonly string[] | undefined
}

const TRANSLATORS: { readonly [name in Translation]: Translator } = { completion_over_chat: completionOverChat }

/** Which one the plan chose for a candidate. */
export function laneOf (ask: Ask, { translation }: Pick<Candidate, 'translation'>): Lane {
  return translation === undefined ? ask : new TranslatedLane(ask, TRANSLATORS[translation])
}

class TranslatedLane implements Lane {
  readonly task: Lane['task']
  readonly wire: Lane['wire']
  readonly #ask: Ask
  readonly #translator: Translator
  #translated: Translated | undefined

  constructor (ask: Ask, translator: Translator) {
    this.#ask = ask
    this.#translator = translator
    this.task = translator.task
    this.wire = translator.wire
  }

  get body (): AskBody {
    const translated = this.#translate()
    return translated ? { kind: 'json', json: translated.json } : this.#ask.body
  }

  get edits (): readonly string[] | undefined {
    return this.#translate()?.edits
  }

  /** Once, and only for those who send it. */
  #translate (): Translated | undefined {
    const { body } = this.#ask
    if (body.kind === 'json') this.#translated ??= this.#translator.translate(body.json)
    return this.#translated
  }
}
