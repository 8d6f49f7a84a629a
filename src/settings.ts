// Every setting of the process, with its default, in one frozen object. Flags win over the environment.

import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Deadlines } from './core/deadlines.ts'
import { UNKNOWN_PRICE_POLICIES, type UnknownPrice } from './core/unknown-price.ts'
import { isTrue, readChoice, readCount, readLine, readList, readUrl, SettingsError } from './setting-values.ts'

export { SettingsError } from './setting-values.ts'

const KIB = 1024
const MIB = 1024 * KIB

export interface Settings {
  readonly host: string
  /** 0: the system picks one; the start line reports it. */
  readonly port: number
  readonly socketDir: string | undefined
  readonly isTcp: boolean
  /** Path of modelsconfig.yml; undefined: `./modelsconfig.yml`, else the packaged one. */
  readonly configPath: string | undefined
  readonly home: string
  /** SQLite file. */
  readonly databasePath: string
  /** Where large uploads wait while they are on their way. */
  readonly spoolFolder: string
  readonly isDryRun: boolean
  /** Serve a public address without client keys: the banner says so. */
  readonly isOpen: boolean
  readonly logLevel: string
  readonly strategy: 'cheapest' | 'best'
  /** Whether OpenRouter's live list of models is read and served; `auto`: and `auto` may choose from it. */
  readonly openrouterCatalog: 'on' | 'auto' | 'off'
  /** Entries of `models` that one request may have. */
  readonly mostModels: number
  /** How long a session stays at the backend that served it, without another request; 0: not at all. */
  readonly sessionMs: number
  /** For keys that have no policy of their own. */
  readonly unknownPrice: UnknownPrice
  /** Survives a power cut as well as a killed process (`synchronous=FULL`). */
  readonly durability: 'process' | 'power'
  /** What becomes of attempts that a killed broker left open: their bound, an estimate, or nothing. */
  readonly orphans: 'hold' | 'estimate' | 'release'
  /** Rows of requests are deleted after so many days, their sums never; 0: they are kept for ever. */
  readonly retentionDays: number
  readonly rateLimitRpm: number
  /** True when AIBROKER_RATE_LIMIT_RPM is set: loopback and sockets are counted only then. */
  readonly isLoopbackLimited: boolean
  readonly maxInFlight: number
  /** Requests that may wait for a place; 0: none. */
  readonly queueLength: number
  /** Longest wait for a place. */
  readonly queueMs: number
  /** Lateness of the event loop above which inference requests are refused; 0: never. */
  readonly shedLagMs: number
  /** How long a client may take nothing of what is written to it before it is cut; 0: for ever. */
  readonly writeStallMs: number
  readonly limits: BodyLimits
  /** Addresses whose X-Forwarded-For is believed. */
  readonly trustProxy: readonly string[]
  /** Host names served besides loopback names and the bound address. */
  readonly allowedHosts: readonly string[]
  /** Web origins that may call. */
  readonly allowedOrigins: readonly string[]
  /** Client keys given by the operator through AIBROKER_API_KEYS. */
  readonly operatorKeys: readonly string[]
  /** Balances are for management keys only, as at OpenRouter. */
  readonly isStrictManagement: boolean
  readonly drainMs: number
  /** Silence after which the client of a stream hears a comment; 0: never. */
  readonly keepAliveMs: number
  /** What the comment says: one line. */
  readonly keepAliveText: string
  /** What a content policy refused: the client hears it, or the next backend is asked. */
  readonly contentPolicy: 'stop' | 'next'
  /** Where budgets tell that they reached a threshold; undefined: only in log and metrics. */
  readonly budgetWebhook: URL | undefined
  readonly deadlines: Deadlines
  /** The environment, for provider keys and base URLs; read by providers/environment.ts only. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Bytes. */
export interface BodyLimits {
  readonly control: number
  readonly inference: number
  readonly multipart: number
  /** A recording to transcribe. */
  readonly recording: number
  /** All streams together that are held back until they are whole (`atomic`). */
  readonly held: number
  /** Longest plain answer of a provider that is held in memory. */
  readonly answer: number
  /** Longest answer kept for its Idempotency-Key. */
  readonly keptAnswer: number
  /** All of them together. */
  readonly keptAnswers: number
  /** All answers together that are cached for those who ask for it. */
  readonly cachedAnswers: number
}

/** Flags of `serve`, as commander hands them over; each also an environment variable. */
export interface ServeFlags {
  host?: string
  address?: string
  port?: string
  socketDir?: string
  tcp?: boolean
  config?: string
  home?: string
  database?: string
  dryRun?: boolean
  open?: boolean
  logLevel?: string
}

/** OpenRouter's words, which some clients know: https://openrouter.ai/docs/api-reference/streaming */
const KEEP_ALIVE_TEXT = 'OPENROUTER PROCESSING'

type Env = Readonly<Record<string, string | undefined>>

/** @throws SettingsError naming the flag or variable. */
export function readSettings (flags: ServeFlags, env: Env): Settings {
  return Object.freeze({
    ...readListeners(flags, env),
    ...readFiles(flags, env),
    ...readModes(flags, env),
    ...readLimits(env),
    keepAliveText: readLine('AIBROKER_KEEP_ALIVE_TEXT', env['AIBROKER_KEEP_ALIVE_TEXT'], KEEP_ALIVE_TEXT),
    trustProxy: readList(env['AIBROKER_TRUST_PROXY']),
    allowedHosts: readList(env['AIBROKER_ALLOWED_HOSTS']),
    allowedOrigins: readList(env['AIBROKER_ALLOWED_ORIGINS']),
    operatorKeys: readList(env['AIBROKER_API_KEYS']),
    isStrictManagement: isTrue(env['AIBROKER_STRICT_MANAGEMENT']),
    budgetWebhook: readUrl('AIBROKER_BUDGET_WEBHOOK', env['AIBROKER_BUDGET_WEBHOOK']),
    env
  })
}

function readListeners (flags: ServeFlags, env: Env) {
  refuseHalfAddress(flags)
  const socketDir = flags.socketDir ?? env['AIBROKER_SOCKET_DIR']
  const isTcp = flags.tcp ?? true
  if (!isTcp && !socketDir) throw new SettingsError('--no-tcp needs --socket-dir: otherwise nothing would listen')
  return {
    host: flags.host ?? flags.address ?? env['AIBROKER_HOST'] ?? '127.0.0.1',
    port: readCount('--port (AIBROKER_PORT)', flags.port ?? env['AIBROKER_PORT'], 8791, 65_535),
    socketDir: socketDir === undefined ? undefined : resolve(socketDir),
    isTcp
  }
}

function readFiles (flags: ServeFlags, env: Env) {
  const home = resolve(flags.home ?? env['AIBROKER_HOME'] ?? join(homedir(), '.aibroker'))
  return {
    home,
    configPath: flags.config ?? env['MODELS_CONFIG_PATH'],
    databasePath: readDatabase(flags.database ?? env['DATABASE_URL'], home),
    spoolFolder: join(home, 'spool')
  }
}

function readModes (flags: ServeFlags, env: Env) {
  const logLevel = flags.logLevel ?? env['AIBROKER_LOG_LEVEL']
  return {
    isDryRun: flags.dryRun ?? isTrue(env['AIBROKER_DRY_RUN']),
    isOpen: flags.open ?? isTrue(env['AIBROKER_OPEN']),
    logLevel: readChoice('--log-level (AIBROKER_LOG_LEVEL)', logLevel, 'info', LOG_LEVELS),
    strategy: readChoice('ROUTING_STRATEGY', env['ROUTING_STRATEGY'], 'cheapest', ['cheapest', 'best'] as const),
    openrouterCatalog: readChoice(
      'AIBROKER_OPENROUTER_CATALOG', env['AIBROKER_OPENROUTER_CATALOG'], 'on', ['on', 'auto', 'off'] as const),
    unknownPrice: readUnknownPrice(env['AIBROKER_UNKNOWN_PRICE']),
    contentPolicy: readChoice('AIBROKER_CONTENT_POLICY', env['AIBROKER_CONTENT_POLICY'], 'stop', ['stop', 'next'] as const),
    durability: readChoice('AIBROKER_DURABILITY', env['AIBROKER_DURABILITY'], 'process', ['process', 'power'] as const),
    orphans: readChoice('AIBROKER_ORPHANS', env['AIBROKER_ORPHANS'], 'hold', ['hold', 'estimate', 'release'] as const)
  }
}

/** `allow` is the short spelling of `allow_unmetered`. */
function readUnknownPrice (text: string | undefined): UnknownPrice {
  const choices = ['allow', ...UNKNOWN_PRICE_POLICIES] as const
  const choice = readChoice('AIBROKER_UNKNOWN_PRICE', text, 'allow', choices)
  return choice === 'allow' ? 'allow_unmetered' : choice
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

function readLimits (env: Env) {
  const millis = (name: string, fallback: number) => readCount(name, env[name], fallback, 86_400_000)
  const bytes = (name: string, fallback: number) => readCount(name, env[name], fallback, 2_000 * MIB)
  return {
    retentionDays: readCount('AIBROKER_RETENTION_DAYS', env['AIBROKER_RETENTION_DAYS'], 0, 36_500),
    rateLimitRpm: readCount('AIBROKER_RATE_LIMIT_RPM', env['AIBROKER_RATE_LIMIT_RPM'], 600, 1e9),
    isLoopbackLimited: env['AIBROKER_RATE_LIMIT_RPM'] !== undefined,
    maxInFlight: readCount('AIBROKER_MAX_IN_FLIGHT', env['AIBROKER_MAX_IN_FLIGHT'], 1_000, 1e6),
    queueLength: readCount('AIBROKER_QUEUE', env['AIBROKER_QUEUE'], 100, 10_000),
    queueMs: millis('AIBROKER_QUEUE_MS', 2_000),
    shedLagMs: millis('AIBROKER_SHED_LAG_MS', 200),
    writeStallMs: millis('AIBROKER_WRITE_STALL_MS', 30_000),
    limits: {
      control: 1 * MIB,
      inference: bytes('AIBROKER_BODY_LIMIT', 32 * MIB),
      multipart: bytes('AIBROKER_MULTIPART_LIMIT', 100 * MIB),
      recording: bytes('AIBROKER_RECORDING_LIMIT', 25 * MIB), // OpenAI's: https://platform.openai.com/docs/guides/speech-to-text
      held: bytes('AIBROKER_HELD_LIMIT', 256 * MIB),
      answer: bytes('AIBROKER_ANSWER_LIMIT', 64 * MIB),
      keptAnswer: bytes('AIBROKER_IDEMPOTENT_LIMIT', 1 * MIB),
      keptAnswers: bytes('AIBROKER_IDEMPOTENT_TOTAL', 256 * MIB),
      cachedAnswers: bytes('AIBROKER_CACHE_LIMIT', 64 * MIB)
    },
    keepAliveMs: millis('AIBROKER_KEEP_ALIVE_MS', 15_000),
    drainMs: millis('AIBROKER_DRAIN_MS', 30_000),
    sessionMs: millis('AIBROKER_STICKY_MS', 600_000),
    mostModels: isTrue(env['AIBROKER_STRICT_OPENROUTER']) ? 3 : 20,
    deadlines: {
      connectMs: millis('AIBROKER_CONNECT_TIMEOUT_MS', 5_000),
      firstByteMs: millis('AIBROKER_FIRST_BYTE_TIMEOUT_MS', 120_000),
      firstEventMs: millis('AIBROKER_FIRST_EVENT_TIMEOUT_MS', 120_000),
      betweenMs: millis('AIBROKER_BETWEEN_TIMEOUT_MS', 60_000),
      totalMs: millis('AIBROKER_TOTAL_TIMEOUT_MS', 900_000)
    }
  }
}

/** `--address` promises an address and a port together; half of it would silently listen elsewhere. */
function refuseHalfAddress (flags: ServeFlags): void {
  if (flags.address === undefined) return
  if (flags.host !== undefined) throw new SettingsError('give --address or --host, not both')
  if (flags.port === undefined) throw new SettingsError('--address needs --port')
}

function readDatabase (url: string | undefined, home: string): string {
  if (url === undefined) return join(home, 'aibroker.db')
  if (url.startsWith('sqlite:')) return resolve(url.slice('sqlite:'.length).replace(/^\/\//, ''))
  throw new SettingsError('--database (DATABASE_URL) must start with "sqlite:"; other stores are not built yet')
}
