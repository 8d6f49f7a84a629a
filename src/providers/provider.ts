// A provider is data: an object in its own file, never a `case` somewhere else.

import type { Task, WireName } from '../core/ask.ts'
import type { DeadlineOverrides } from '../core/deadlines.ts'
import type { JsonObject } from '../core/json.ts'
import type { Continuation } from '../wire/format.ts'
import type { RequestQuirk, UsageQuirk } from './quirks/quirk.ts'

export interface Provider {
  /** Lower case, as in `modelsconfig.yml` and in `X-Aibroker-Provider`. */
  readonly id: string
  readonly displayName: string
  readonly wire: WireName
  /** Default base; `<PROVIDER>_BASE_URL` and `modelsconfig.yml` override it. No trailing slash. */
  readonly baseUrl: string
  /** Environment names without suffix: `OPENAI` reads OPENAI_API_KEY, OPENAI_API_KEYS, OPENAI_BASE_URL. */
  readonly env: readonly string[]
  /**
   * False: works without a credential (local servers); it is then available only once its base URL is set, or always
   * when `env` is empty, because then there is no variable to set.
   */
  readonly needsCredential: boolean
  /** Tasks the provider has an endpoint for. */
  readonly tasks: readonly Task[]
  /** Its models that chat and serve no completions, by their ids there; not global. Undefined: all serve them. */
  readonly chatOnlyModels?: RegExp
  /** Paths that differ from OpenAI's, by task; relative to the base URL. */
  readonly paths?: { readonly [task in Task]?: string }
  /** Takes a recording to transcribe as JSON with `input_audio`; others get a form made of it. */
  readonly takesJsonRecordings?: boolean
  /** Members to put in where a request leaves them out, by task: OpenAI's defaults, where this provider has others. */
  readonly defaults?: { readonly [task in Task]?: JsonObject }
  /** Extra headers on every call, flat name, value list. Never secrets. */
  readonly headers?: readonly string[]
  /** Variables that hold the attribution of calls whose client sent none. Set: the provider takes attribution. */
  readonly attributionEnv?: { readonly referer: string, readonly title: string }
  /** Changes a request needs before this provider accepts it; applied in order. */
  readonly requestQuirks?: readonly RequestQuirk[]
  /** Come first, for models of which the catalog says that they reason. */
  readonly reasoningQuirks?: readonly RequestQuirk[]
  /**
   * Further ones, for chats that were told of another dialect; undefined: those of any server (PLAIN_CHAT). They come
   * last.
   */
  readonly translatedQuirks?: readonly RequestQuirk[]
  /** Wants a limit of output in every chat: a request without one gets its model's own. */
  readonly needsOutputLimit?: boolean
  /** Where this provider hides usage; tried in order before the usual place, and the first hit counts. */
  readonly usageQuirks?: readonly UsageQuirk[]
  /** The answer is OpenRouter's own superset: relayed as it is, without insertions. */
  readonly isVerbatim?: boolean
  /**
   * Bills for the whole answer although its client left: such answers are read to their end for their usage. After the
   * table of https://openrouter.ai/docs/api-reference/streaming#stream-cancellation
   */
  readonly billsOnCancel?: boolean
  /** How it is asked to carry on an answer that another backend began; undefined: it starts again. */
  readonly continuation?: Continuation
  /** Over the broker's own deadlines, under those of a model and of a request. */
  readonly deadlines?: DeadlineOverrides
  /** Costs nothing: rows are graded `free` (local servers, the dry run). */
  readonly isFree?: boolean
}
