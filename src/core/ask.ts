// What travels down the line: who asks, and what was read of the body without understanding the rest.

import { isLoopback } from './address.ts'
import type { Media } from './media.ts'
import type { NanoUsd } from './money.ts'
import type { Plugins } from './plugins.ts'
import type { StreamMode } from './stream-mode.ts'
import type { UnknownPrice } from './unknown-price.ts'
import type { RoutingWishes } from './wishes.ts'

/** The kinds of work an endpoint asks for; a model serves one or more. */
export const TASKS = ['chat', 'completion', 'embedding', 'speech', 'transcription', 'moderation', 'image', 'rerank'] as const
export type Task = typeof TASKS[number]

/** OpenAI's path of each task, below the base URL: ours towards clients, and most providers' towards us. */
export const TASK_PATHS: { readonly [task in Task]: string } = {
  chat: '/chat/completions',
  completion: '/completions',
  embedding: '/embeddings',
  speech: '/audio/speech',
  transcription: '/audio/transcriptions',
  moderation: '/moderations',
  image: '/images/generations',
  rerank: '/rerank'
}

/** Where chats are asked for in other dialects. */
export const TRANSLATED_PATHS = ['/messages', '/responses'] as const

/** How a request is told to a backend that has no endpoint for it; most are told as they came. */
export const TRANSLATIONS = ['completion_over_chat'] as const
export type Translation = typeof TRANSLATIONS[number]

/** What a backend is asked for: the request's own task, unless it is told as another. */
export function toldTask (task: Task, translation: Translation | undefined): Task {
  return translation === undefined ? task : 'chat'
}

/** JSON dialects. The later ones have their room in the design; only `openai-chat` is spoken today. */
export const WIRES = ['openai-chat', 'openai-responses', 'anthropic', 'gemini', 'ollama'] as const
export type WireName = typeof WIRES[number]

/** What a request needs of a model beyond its task; named as in `modelsconfig.yml` capabilities. */
export const NEEDS = ['tool_calling', 'vision', 'audio_input', 'json_schema'] as const
export type Need = typeof NEEDS[number]

/** Members of a request that backends of one model may differ in; named as in `supported_parameters`. */
export const SOFT_PARAMETERS = ['tools', 'response_format', 'verbosity'] as const
export type SoftParameter = typeof SOFT_PARAMETERS[number]

/** Who the client proved to be, with its limits. */
export interface Principal {
  readonly kind: 'key' | 'address'
  /** Id of the client key; undefined for a bare address. Never the key itself. */
  readonly keyId: string | undefined
  readonly keyName: string | undefined
  /** Address of the client as trusted (see AIBROKER_TRUST_PROXY); "unix" on a socket. */
  readonly ip: string
  /** Requests per minute; undefined: no limit of its own. */
  readonly rpm: number | undefined
  readonly maxInFlight: number | undefined
  /** Allowed model names or `provider/model` patterns ending in `*`; undefined: all. */
  readonly models: readonly string[] | undefined
  readonly providers: readonly string[] | undefined
  readonly budget: NanoUsd | undefined
  /** Whose budgets its requests count in, besides its own. */
  readonly team?: string | undefined
  readonly project?: string | undefined
  /** For backends whose price is not known; undefined: as the broker does. */
  readonly unknownPrice?: UnknownPrice | undefined
  /** For its requests that choose none; undefined: the model decides. */
  readonly streamMode?: StreamMode | undefined
  /** A key that administers and may not ask for inference. */
  readonly isManagement?: boolean | undefined
}

/** Ids of keys the operator gave in the environment begin with this. */
export const OPERATOR_PREFIX = 'operator#'

/**
 * Whose books a principal may read: a client key reads its own (its id); management keys, the operator's keys, and
 * programs of this machine where no key is needed, read all (undefined).
 */
export function booksOf ({ keyId, isManagement }: Pick<Principal, 'keyId' | 'isManagement'>): string | undefined {
  return isManagement || keyId?.startsWith(OPERATOR_PREFIX) ? undefined : keyId
}

/**
 * Who may make and change keys: management keys, the operator's keys, and programs of this machine where no key is
 * needed. Not a stranger of a public broker that is open, although such a one reads the books.
 */
export function mayAdminister (principal: Pick<Principal, 'keyId' | 'isManagement' | 'ip'>): boolean {
  const { keyId, ip } = principal
  if (keyId !== undefined) return booksOf(principal) === undefined
  return ip === 'unix' || isLoopback(ip)
}

/** What a provider does beside writing and bills by the call; named as in `usage`. */
export type Extra = 'searches' | 'tool_calls'

/** What a completion needs, whose prompt is missing, is tokens, or is several. */
export const NOT_ONE_TEXT = 'a prompt that is not one text'

/** How large a rerank is beyond its bytes: the query is read with each document. */
export interface RerankSize {
  readonly documents: number
  readonly queryBytes: number
}

/** What routing and metering need to know of a body. */
export interface Envelope {
  readonly model: string
  readonly isStream: boolean
  readonly needs: readonly Need[]
  /** Those it uses, in the order of SOFT_PARAMETERS; undefined: none. */
  readonly parameters?: readonly SoftParameter[] | undefined
  /** Its history holds what a provider signed or encrypted, and only that one can read. */
  readonly isSigned?: boolean
  /** Size of the body; an upper bound of its input tokens, since a token is at least one byte: see `openInputs`. */
  readonly bodyBytes: number
  /** For each text that is written. Of several limits in one body the largest: which one counts, the provider says. */
  readonly maxOutputTokens: number | undefined
  /** Number of choices that will be answered, at least 1: `n`, for each prompt of a list. */
  readonly choices: number
  /** Number of texts written, and paid for, to answer with the best of them; undefined: as many as `choices`. */
  readonly drafts?: number | undefined
  /**
   * Number of inputs whose tokens the body does not bound, because they lie elsewhere (a URL, the id of a file) or are
   * packed (images, audio, PDF); each may fill the window of the model. Undefined: none.
   */
  readonly openInputs?: number | undefined
  /** The open inputs of a chat, where all of them are images and recordings of which something is known. */
  readonly media?: Media | undefined
  /** What it asks its provider to do beside writing. Undefined: nothing. */
  readonly extras?: readonly Extra[] | undefined
  /** The body asks for the usage chunk of a stream, or is written in OpenRouter's dialect, where it is always there. */
  readonly wantsUsage: boolean
  /** `reasoning: {exclude: true}`: the model may think, and nothing of it goes out. */
  readonly hidesReasoning?: boolean
  /** `encoding_format: "base64"` of embeddings. */
  readonly wantsBase64?: boolean
  /** Unicode characters of a speech input; undefined elsewhere. */
  readonly characters: number | undefined
  /** Of a completion: what of it no chat can be asked, in words. Undefined: one message says all of it. */
  readonly needsCompletions?: string | undefined
  /** Undefined: it is no rerank. */
  readonly rerank?: RerankSize | undefined
  /** What it wishes of routing; undefined: nothing, as most requests. */
  readonly wishes?: RoutingWishes | undefined
  /** What it wants of the plugins we run ourselves; undefined: it names none. */
  readonly plugins?: Plugins | undefined
}
