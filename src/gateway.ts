// The gateway as one value: every part, wired. Plugins and routes know this type and nothing behind it.

import type { Logger } from 'pino'
import type { AuthCodes } from './admin/auth-codes.ts'
import type { ClientKeys } from './admin/client-keys.ts'
import type { LivePriorities } from './admin/live-priorities.ts'
import type { Catalog } from './catalog/catalog.ts'
import type { LiveEndpoints } from './catalog/openrouter/endpoints.ts'
import type { Clock } from './core/clock.ts'
import type { Exchange } from './exchange/ask.ts'
import type { AskBudgets } from './exchange/budget-question.ts'
import type { CachedAnswers } from './exchange/cached-answers.ts'
import type { Replays } from './exchange/replays.ts'
import type { KeyStore } from './keys/keys.ts'
import type { Account } from './ledger/account.ts'
import type { FeedbackStore } from './ledger/feedback.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { PresetStore } from './ledger/presets.ts'
import type { SharedCounter } from './metering/token-counter.ts'
import type { Reports } from './ledger/reports.ts'
import type { Metrics } from './metrics/exposition.ts'
import type { Credentials } from './providers/credentials.ts'
import type { Providers } from './providers/registry.ts'
import type { Health } from './routing/health.ts'
import type { Performance } from './routing/performance.ts'
import type { Router } from './routing/router.ts'
import type { Settings } from './settings.ts'

/** `proxy`: requests go to providers. `dry_run`: nothing leaves the machine. */
export type Mode = 'proxy' | 'dry_run'

export interface Gateway {
  readonly settings: Settings
  readonly mode: Mode
  readonly clock: Clock
  readonly log: Logger
  readonly ledger: Ledger
  readonly reports: Reports
  readonly account: Account
  readonly feedback: FeedbackStore
  readonly presets: PresetStore
  readonly keys: KeyStore
  /** Keys with their limits, for those who administer. */
  readonly clientKeys: ClientKeys
  /** Codes that apps exchange for keys. */
  readonly authCodes: AuthCodes
  /** Priorities of providers, set while the broker runs. */
  readonly priorities: Pick<LivePriorities, 'list' | 'set'>
  readonly credentials: Credentials
  /** How each backend is that was called. */
  readonly health: Pick<Health, 'list'>
  /** How fast and how reliable each backend has been lately. */
  readonly performance: Performance
  readonly metrics: Metrics
  /** Of texts, where somebody asks what they would cost. */
  readonly counter: SharedCounter
  readonly router: Router
  /** What budgets would say to a planned request. */
  readonly askBudgets: AskBudgets
  catalog (): Catalog
  providers (): Providers
  /** OpenRouter's own endpoints of models on its live list. */
  readonly liveEndpoints: Pick<LiveEndpoints, 'of'>
  /** One client request from plan to settlement; always answers through the outlet. */
  readonly exchange: Exchange
  /** For requests that may be answered from the cache. */
  readonly cachedAnswers: CachedAnswers
  /** For requests that carry an Idempotency-Key. */
  readonly replays: Replays
  /** Inference paths that are served, for the start line. */
  readonly paths: readonly string[]
  /** Reads modelsconfig.yml again; false when it is invalid and the old catalog stays. */
  reload (): boolean
  /**
   * Ends every exchange that runs: a stream that has begun by its wire's error event, any other by a refusal. Each is
   * settled as always; `close` waits for that.
   */
  interrupt (): void
  /** Settles what is running, commits and closes every store. */
  close (): Promise<void>
}
