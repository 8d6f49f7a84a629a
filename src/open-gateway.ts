// Builds the gateway from its settings: opens the stores, recovers what a killed process left, wires the parts.

import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import type { Logger } from 'pino'
import { AuthCodes } from './admin/auth-codes.ts'
import { ClientKeys } from './admin/client-keys.ts'
import { LivePriorities } from './admin/live-priorities.ts'
import { SqliteBudgets } from './budgets/sqlite-budgets.ts'
import { TASK_PATHS, TRANSLATED_PATHS } from './core/ask.ts'
import { createBudgetNotices } from './budget-notices.ts'
import type { Clock } from './core/clock.ts'
import { createTagSource, createUnitSource, type RandomBytes } from './core/ids.ts'
import { createAskBudgets } from './exchange/budget-question.ts'
import { CachedAnswers, type CachedParts } from './exchange/cached-answers.ts'
import { createExchange } from './exchange/exchange.ts'
import { createHttpUpstream } from './exchange/http-upstream.ts'
import { createDrains } from './exchange/drains.ts'
import { HeldBytes } from './exchange/holder.ts'
import { inflated } from './exchange/inflate.ts'
import { Replays, type ReplayParts } from './exchange/replays.ts'
import { ResponseCache } from './exchange/response-cache.ts'
import type { Upstream, UpstreamCall } from './exchange/upstream.ts'
import type { Gateway, Mode } from './gateway.ts'
import { SqliteKeys } from './keys/sqlite-keys.ts'
import { createAccount } from './ledger/sqlite/account.ts'
import type { OrphanPolicy } from './ledger/ledger.ts'
import { CHECKPOINT_THREAD } from './ledger/sqlite/checkpoints.ts'
import { openDatabase } from './ledger/sqlite/database.ts'
import { createFeedback } from './ledger/sqlite/feedback.ts'
import { SqliteLedger } from './ledger/sqlite/ledger.ts'
import { createPresets } from './ledger/sqlite/presets.ts'
import { createPriorities } from './ledger/sqlite/priorities.ts'
import { createReports } from './ledger/sqlite/reports.ts'
import { createTransact } from './ledger/sqlite/transact.ts'
import { COUNTING_THREAD, ThreadedCounter } from './metering/token-counter.ts'
import type { Tallies } from './metrics/tallies.ts'
import { countAttempts, countExchanges, createTallies, openMetrics } from './open-metrics.ts'
import { createRequestLine } from './request-line.ts'
import { describeNothingEligible, planText } from './routing/explain.ts'
import { createHealth } from './routing/health.ts'
import { createPerformance } from './routing/performance.ts'
import { createRetryBudget } from './routing/retry-budget.ts'
import { createRouter } from './routing/router.ts'
import type { Settings } from './settings.ts'
import { unknownSettings } from './setting-names.ts'
import { openSupply, type Supply } from './supply.ts'

const DAY_MS = 86_400_000
const paths = [...Object.values(TASK_PATHS), ...TRANSLATED_PATHS].map((path) => `/v1${path}`)

/** What the process around the gateway gives it; tests give their own. */
export interface Outside {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly log: Logger
  /** The program that counts tokens; undefined: our own. */
  readonly countingThread?: URL | undefined
}

/** @throws SettingsError, ConfigError or DatabaseRefusal: sentences for the operator. */
export async function openGateway (settings: Settings, outside: Outside): Promise<Gateway> {
  const { clock, random, log } = outside
  mkdirSync(settings.home, { recursive: true, mode: 0o700 })
  const supply = openSupply(settings, outside)
  const mode: Mode = settings.isDryRun || !supply.hasAny() ? 'dry_run' : 'proxy'
  for (const sentence of unknownSettings(settings.env)) log.warn(sentence)
  const tallies = createTallies(supply.catalog)
  const { ledger, sqlite } = openLedger(settings, outside, tallies)
  // Uploads of a process that was killed; those of one that runs are safe, because it holds the lock of the ledger.
  rmSync(settings.spoolFolder, { recursive: true, force: true })
  const { upstream, credentials, close: closeUpstream } = await openUpstream(mode, settings, { clock, supply })
  const chance = createUnitSource(random)
  const watch = { health: createHealth({ clock, random: chance }), performance: createPerformance(clock) }
  const limits = exchangeLimits(settings, outside)
  const { catalog, providers, liveEndpoints } = supply
  const sources = { catalog, providers, liveEndpoints, priorities: openPriorities(sqlite, supply, outside) }
  const router = createRouter({ ...settings, ...sources, credentials, ...watch, clock, random: chance })
  const report = countExchanges(createRequestLine(log), tallies)
  const told = { nextTag: createTagSource(random), describePlan: planText, describeNothingEligible, report }
  const providerLabel = mode === 'dry_run' ? 'dry-run' : undefined
  const running = createExchange({
    clock,
    ledger,
    router,
    credentials: countAttempts(credentials, tallies),
    ...watch,
    upstream,
    providers,
    ...limits,
    random: chance,
    providerLabel,
    ...told
  })
  const cachedAnswers = openCache(settings, { ...told, ...limits, clock, ledger, router, exchange: running.exchange })
  const serving = { exchange: running.exchange, cachedAnswers, replays: openReplays(ledger, settings, limits) }
  const metrics = openMetrics({ ...limits, tallies, catalog, providers, credentials, ...watch, ledger, running })
  const close = async () => {
    supply.close()
    sources.priorities.close()
    metrics.close()
    await running.ended()
    limits.counter.close()
    await closeUpstream()
    await ledger.close()
  }
  const books = { ledger, ...openAccounts({ ledger, sqlite }, settings, outside) }
  const watched = { ...watch, metrics, counter: limits.counter }
  const asking = { router, askBudgets: createAskBudgets({ ledger, providers, providerLabel }) }
  const parts = { ...books, ...sources, credentials, ...watched, ...asking, ...serving }
  return { settings, mode, paths, clock, log, ...parts, reload: supply.reload, interrupt: running.interrupt, close }
}

interface OpenBooks {
  readonly ledger: SqliteLedger
  readonly sqlite: Database
}

/** Who may call, what they have used, and what they may still use. */
function openAccounts ({ ledger, sqlite }: OpenBooks, { operatorKeys }: Settings, { clock, random }: Outside) {
  const keys = new SqliteKeys({ database: sqlite, clock, random, operatorKeys })
  const reports = createReports(sqlite)
  const budgets = new SqliteBudgets(sqlite, clock, (name) => { ledger.rereadBudget(name) })
  const account = createAccount(sqlite, { reports, budgets, clock })
  const transact = createTransact(sqlite)
  const clientKeys = new ClientKeys({ keys, budgets, account, transact })
  const authCodes = new AuthCodes({ clock, random })
  const [feedback, presets] = [createFeedback(sqlite), createPresets(sqlite)]
  return { keys, reports, account, clientKeys, authCodes, feedback, presets }
}

/** Those that were kept are in force when this returns. */
function openPriorities (sqlite: Database, { prioritise }: Supply, { clock, log }: Outside) {
  const warn = (sentence: string) => { log.warn(sentence) }
  return new LivePriorities({ store: createPriorities(sqlite), clock, apply: prioritise, warn })
}

function exchangeLimits (
  { deadlines, limits, keepAliveMs, keepAliveText, contentPolicy }: Settings, { clock, log, countingThread }: Outside
) {
  return {
    deadlines,
    keepAliveMs,
    keepAliveComment: Buffer.from(`: ${keepAliveText}\n\n`),
    answerLimit: limits.answer,
    mayReroutePolicy: contentPolicy === 'next',
    retryBudget: createRetryBudget({ clock }),
    drains: createDrains(clock),
    counter: new ThreadedCounter({ clock, thread: countingThread ?? COUNTING_THREAD }),
    heldBytes: new HeldBytes(limits.held),
    alarm: (message: string, error?: unknown) => { log.error(error === undefined ? {} : { err: error }, message) }
  }
}

function openReplays (
  { answers }: SqliteLedger, { limits: { keptAnswer, keptAnswers } }: Settings,
  parts: Pick<ReplayParts, 'drains' | 'alarm'>
) {
  const { drains, alarm } = parts
  return new Replays({ answers, drains, alarm, limitBytes: keptAnswer, held: new HeldBytes(keptAnswers) })
}

function openCache ({ limits: { cachedAnswers } }: Settings, parts: Omit<CachedParts, 'cache' | 'held'>) {
  const cache = new ResponseCache(cachedAnswers, parts.clock.monotonicMs)
  return new CachedAnswers({ ...parts, cache, held: new HeldBytes(cachedAnswers) })
}

function openLedger (settings: Settings, { clock, log }: Outside, tallies: Tallies) {
  const database = openDatabase(settings.databasePath, { access: 'owner', durability: settings.durability })
  const alarm = (message: string, error?: Error) => {
    if (error) log.error({ err: error }, message)
    else log.warn(message)
  }
  const ledger = new SqliteLedger(database, {
    clock,
    alarm,
    checkpointThread: CHECKPOINT_THREAD,
    hasUpkeep: true,
    orphans: settings.orphans,
    keepMs: keepMsOf(settings),
    answersBytes: settings.limits.keptAnswers,
    budgetCrossed: createBudgetNotices({ log, tallies, webhook: settings.budgetWebhook, nowMs: clock.nowMs })
  })
  const recovered = ledger.recover(clock.nowMs())
  if (recovered > 0) log.warn({ recovered }, `exchanges of an earlier process were open; ${BOOKED[settings.orphans]}`)
  return { ledger, sqlite: database.sqlite }
}

const BOOKED: { readonly [policy in OrphanPolicy]: string } = {
  hold: 'they are booked at their upper bound',
  estimate: 'they are booked at what was seen of them, or at their upper bound',
  release: 'nothing is booked for them'
}

function keepMsOf ({ retentionDays }: Settings): number | undefined {
  return retentionDays === 0 ? undefined : retentionDays * DAY_MS
}

interface OpenUpstream extends Pick<Gateway, 'credentials'> {
  readonly upstream: Upstream
  close (): Promise<void>
}

/** Whom calls go to, and with which credentials. */
async function openUpstream (
  mode: Mode, settings: Settings, { clock, supply }: { clock: Clock, supply: Supply }
): Promise<OpenUpstream> {
  if (mode === 'dry_run') return await openDryRun(settings, clock, supply)
  const { deadlines: { connectMs }, maxInFlight } = settings
  const upstream = inflated(createHttpUpstream({ connectMs, connections: maxInFlight || null }))
  return { upstream, credentials: supply.credentials, close: () => upstream.close() }
}

/** Loaded here: a broker with providers has no use for its 20 files. */
async function openDryRun ({ home }: Settings, clock: Clock, supply: Supply): Promise<OpenUpstream> {
  const { dryRunCredentials } = await import('./providers/dry-run/credentials.ts')
  const { describeForward } = await import('./providers/dry-run/forward.ts')
  const { createDryRunUpstream } = await import('./providers/dry-run/upstream.ts')
  const { openEventLog } = await import('./local/events.ts')
  const events = openEventLog(join(home, 'events.jsonl'), clock)
  const describe = (call: UpstreamCall) => describeForward(call, supply.providers(), supply.hasKey)
  const upstream = createDryRunUpstream({ clock, events, describe })
  return {
    upstream,
    credentials: dryRunCredentials(supply.providers),
    async close () {
      await upstream.close()
      await events.close()
    }
  }
}
