// Every failure a client can meet, in one table. The README's error table is compared with it by a test.
//
// `type` is OpenAI's error type, `errorType` OpenRouter's canonical one (their error reference), both read by clients.
// Nothing permanent is a 5xx: SDKs retry those, OpenRouter's for up to an hour. A credential of ours that a provider
// turns away is none of the client's business, and says with its 503 when it is tried again.

export interface ErrorRow {
  readonly status: number
  readonly type: string
  readonly errorType: string
  /** Sentence with {placeholders}. Says what to do where the reader can do something. */
  readonly says: string
  /** In its place where a provider gave no {reason}: it begins as clients of OpenRouter look for it. */
  readonly unsaid?: string
}

const bad = (says: string): ErrorRow =>
  ({ status: 400, type: 'invalid_request_error', errorType: 'invalid_request', says })
const authentication = (says: string): ErrorRow =>
  ({ status: 401, type: 'authentication_error', errorType: 'authentication', says })
const forbidden = (says: string): ErrorRow =>
  ({ status: 403, type: 'permission_error', errorType: 'permission_denied', says })
/** 402 as OpenRouter has it: https://openrouter.ai/docs/api/reference/errors-and-debugging */
const payment = (says: string): ErrorRow =>
  ({ status: 402, type: 'insufficient_quota', errorType: 'payment_required', says })
const missing = (says: string): ErrorRow =>
  ({ status: 404, type: 'invalid_request_error', errorType: 'not_found', says })
const conflict = (says: string): ErrorRow =>
  ({ status: 409, type: 'invalid_request_error', errorType: 'invalid_request', says })
const limited = (says: string): ErrorRow =>
  ({ status: 429, type: 'rate_limit_error', errorType: 'rate_limit_exceeded', says })

export const ERRORS = {
  invalid_json: bad('The request body is not valid JSON: {reason}'),
  invalid_body: bad('{reason}'),
  missing_model: bad('The request names no model. Set "model" to one of GET /v1/models.'),
  too_many_keys: bad('There are {count} client keys, and no more are kept. Delete some that are not needed.'),
  too_many_presets: bad('There are {count} presets, and no more are kept.'),
  unknown_model: bad('{model} is not a valid model ID. {hint}'),
  not_offered: bad('{model} cannot be served as asked: {reason}'),
  router_needs_messages: bad('{model} chooses a model by what is said: it needs messages, and a prompt alone is not ' +
    'enough. Send them to /v1/chat/completions, or name a model.'),
  wrong_task: bad('{model} cannot serve {path}: it is configured for {tasks}.'),
  upstream_refused: {
    ...bad('{provider} refused the request: {reason}'),
    unsaid: 'Provider returned error: {provider} refused the request with {status} and gave no reason.'
  },
  no_key: authentication('No auth credentials found. Send Authorization: Bearer <key>; make one with "aibroker token create".'),
  unknown_key: authentication('User not found. The key is unknown, disabled, revoked or expired; list keys with "aibroker token list".'),
  too_costly: payment('This request requires more credits, or fewer max_tokens: no backend of {model} is sure to stay ' +
    'below X-Aibroker-Max-Cost-Usd: {reason}'),
  budget_exceeded: payment('Budget "{budget}" allows {limit} {window}: {spent} spent and {reserved} reserved, and this ' +
    'request may need up to {needed}. {remedy}'),
  budget_unpriced: payment('Budget "{budget}" admits only requests that are bounded before they are sent, and {reason}.'),
  host_refused: forbidden('Host "{host}" is not served here. Call the address the broker printed at start.'),
  origin_refused: forbidden('Web pages of origin "{origin}" may not use this broker.'),
  not_allowed: forbidden('This key may not use {what}.'),
  management_only: forbidden('Only management keys can perform this operation. Make one with ' +
    '"aibroker token create --management", or use a key of AIBROKER_API_KEYS.'),
  management_key: forbidden('This is a management key: it administers and is refused on inference. ' +
    'Make a key for that: POST /v1/keys.'),
  invalid_code: forbidden('Invalid code or code_verifier. A code is good for one try, within ten minutes.'),
  unknown_route: missing('No route {method} {path}. GET /docs lists what is served.'),
  no_such_model: missing('{model} is not a valid model ID. {hint}'),
  no_such_preset: missing('No preset {slug} here. GET /v1/presets lists those there are.'),
  unknown_client_key: missing('No key has this hash. GET /v1/keys lists the hashes there are.'),
  content_not_kept: missing('The texts of generation {id} are not kept: this broker logs no prompts and no answers.'),
  unknown_exchange: missing('No exchange {id} in the ledger.'),
  context_exceeded: {
    status: 400,
    type: 'invalid_request_error',
    errorType: 'context_length_exceeded',
    says: 'The request is longer than the maximum context length of {model}: {reason}'
  },
  nothing_eligible: missing('No endpoints found that can serve {model}: {reason}'),
  no_allowed_provider: missing('No allowed providers are available for the selected model {model}: {reason}'),
  no_tool_use: missing('No endpoints found that support tool use for {model}: {reason}'),
  no_private_endpoint: missing('No endpoints found matching your data policy for {model}: {reason}'),
  method_not_allowed: {
    status: 405,
    type: 'invalid_request_error',
    errorType: 'invalid_request',
    says: '{method} is not served on {path}; send {allowed}.'
  },
  request_timeout: {
    status: 408,
    type: 'timeout_error',
    errorType: 'timeout',
    says: 'The request body did not arrive in time.'
  },
  deadline_passed: {
    // Not 504: OpenRouter's SDK has no class for it, and tries 5xx again for an hour.
    status: 408,
    type: 'timeout_error',
    errorType: 'timeout',
    says: 'No backend of {model} was done within {seconds} s, the time for the whole request (X-Aibroker-Timeout-Total).'
  },
  too_many_codes: conflict('There are {count} codes that nobody has exchanged. Try again when some have ended.'),
  idempotency_in_flight: conflict(
    'The first request with this Idempotency-Key is still running. Retry in a moment: its answer is kept for you.'),
  idempotency_unknown: conflict('The request of this Idempotency-Key was made as exchange {exchange}, and how it ended ' +
    'is not known: the broker stopped, or the client left, before its answer. It is not sent again; what is known of it ' +
    'is in GET /v1/exchanges/{exchange}/explain. To send it again use another key.'),
  idempotency_not_kept: conflict('The request of this Idempotency-Key was answered as exchange {exchange}, and its answer ' +
    'is not kept (AIBROKER_IDEMPOTENT_LIMIT). It is not sent again; to send it again use another key.'),
  idempotency_mismatch: {
    status: 422,
    type: 'invalid_request_error',
    errorType: 'invalid_request',
    says: 'This Idempotency-Key was used for another request within the last 24 hours. Use another key.'
  },
  too_large: {
    status: 413,
    type: 'invalid_request_error',
    errorType: 'payload_too_large',
    says: 'The request body is larger than {limit} bytes ({setting}).'
  },
  recording_too_large: {
    status: 413,
    type: 'invalid_request_error',
    errorType: 'payload_too_large',
    says: 'The recording is larger than {limit} bytes (AIBROKER_RECORDING_LIMIT). Send it compressed, or in parts.'
  },
  wrong_content_type: {
    status: 415,
    type: 'invalid_request_error',
    errorType: 'invalid_request',
    says: 'Content type {contentType} is not accepted here; send {expected}.'
  },
  rate_limited: limited('Rate limit exceeded: {limit} requests per minute for this {scope}. Retry in {seconds} s.'),
  too_many_in_flight: limited('Too many requests at once for this {scope}: {limit} are running. Retry in {seconds} s.'),
  all_throttled: limited('Every backend of {model} is rate limited by its provider. Retry in {seconds} s.'),
  client_gone: { status: 499, type: 'client_closed_request', errorType: 'client_closed', says: 'The client left.' },
  internal: { status: 500, type: 'server_error', errorType: 'server', says: 'Internal error; see the broker log.' },
  every_backend_failed: {
    status: 502,
    type: 'server_error',
    errorType: 'provider_unavailable',
    says: 'Every backend of {model} failed; the last one was {provider}: {reason}.',
    unsaid: 'Provider returned error: every backend of {model} failed; the last one was {provider}, which answered ' +
      '{status} and gave no reason.'
  },
  stream_cut: {
    status: 502,
    type: 'server_error',
    errorType: 'provider_unavailable',
    says: 'Upstream error from {provider}: {reason}. The answer is incomplete.'
  },
  overloaded: {
    status: 503,
    type: 'server_error',
    errorType: 'provider_overloaded',
    says: 'The broker runs as much as it can. Retry in {seconds} s.'
  },
  draining: {
    status: 503,
    type: 'server_error',
    errorType: 'provider_overloaded',
    says: 'The broker is shutting down. Retry in a moment.'
  },
  credential_refused: {
    status: 503,
    type: 'server_error',
    errorType: 'provider_unavailable',
    says: 'No backend of {model} can be asked: {provider} turned the broker\'s own credential away, and its operator has ' +
      'to look at it: {remedy}. It is tried again in {seconds} s.'
  },
  backends_resting: {
    status: 503,
    type: 'server_error',
    errorType: 'provider_overloaded',
    says: 'Every backend of {model} rests after failures of its provider. Retry in {seconds} s.'
  },
  ledger_unavailable: {
    status: 503,
    type: 'server_error',
    errorType: 'provider_overloaded',
    says: 'The ledger cannot be written ({reason}); no request is sent without its row. Free disk space and retry.'
  }
} satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof ERRORS

export interface ErrorExtras {
  /** Overrides the table's status: an upstream refusal keeps the provider's own. */
  status?: number
  /** Seconds until a retry makes sense; becomes `Retry-After`. */
  retryAfterS?: number
  /** Why a model cannot be had, for programs: `error.availability` (routing/availability.ts). */
  availability?: object
  /** Merged into `error.metadata`. Must not hold anything secret. */
  metadata?: Record<string, unknown>
  param?: string
  cause?: unknown
}

/** A failure with a code of the table, the values for its sentence, and what the answer should add. */
export class GatewayError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly extras: ErrorExtras

  constructor (code: ErrorCode, values: Record<string, string | number> = {}, extras: ErrorExtras = {}) {
    const row: ErrorRow = ERRORS[code]
    super(sentenceOf(row, values).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? '?')), { cause: extras.cause })
    this.code = code
    this.status = extras.status ?? row.status
    this.extras = extras
  }

  get row (): ErrorRow { return ERRORS[this.code] }
}

function sentenceOf ({ says, unsaid }: ErrorRow, { reason }: Readonly<Record<string, string | number>>): string {
  return reason === undefined && unsaid !== undefined ? unsaid : says
}
