// What an exchange works with. Everything comes in here, so a test can hand in its own clock, ledger or provider.

import type { Clock } from '../core/clock.ts'
import type { Deadlines } from '../core/deadlines.ts'
import type { ProviderWishes } from '../core/wishes.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { SharedCounter } from '../metering/token-counter.ts'
import type { Credentials } from '../providers/credentials.ts'
import type { Providers } from '../providers/registry.ts'
import type { Health } from '../routing/health.ts'
import type { NothingEligible } from '../routing/nothing-eligible.ts'
import type { Performance } from '../routing/performance.ts'
import type { Plan } from '../routing/plan.ts'
import type { RetryBudget } from '../routing/retry-budget.ts'
import type { Router } from '../routing/router.ts'
import type { Drains } from './drains.ts'
import type { HeldBytes } from './holder.ts'
import type { ExchangeReport } from './report.ts'
import type { Upstream } from './upstream.ts'

export interface ExchangeParts {
  readonly clock: Clock
  readonly ledger: Ledger
  readonly router: Router
  readonly credentials: Credentials
  readonly health: Health
  /** Hears every ended attempt once. */
  readonly performance: Pick<Performance, 'note'>
  readonly upstream: Upstream
  /** For whole answers whose provider told no usage. */
  readonly counter: SharedCounter
  providers (): Providers
  readonly deadlines: Deadlines
  /** Bytes of the longest plain answer held in memory. */
  readonly answerLimit: number
  /** Set in dry run: the provider name the rows carry, because nobody real was called. */
  readonly providerLabel: string | undefined
  /** Silence after which the client of a stream hears a comment, in ms; 0: never. */
  readonly keepAliveMs: number
  /** The comment, as it is sent. */
  readonly keepAliveComment: Buffer
  /** Whether another backend may be asked what a content policy refused. */
  readonly mayReroutePolicy: boolean
  readonly retryBudget: RetryBudget
  readonly drains: Drains
  readonly heldBytes: HeldBytes
  /** Numbers in [0, 1). */
  readonly random: () => number
  /** 12 random characters for a generation id. */
  nextTag (): string
  /** The text of a plan as the ledger keeps it. */
  describePlan (plan: Plan): string
  /** Why nothing was eligible: the error's code, in words, and in how many seconds that may change. */
  describeNothingEligible (plan: Plan, wished?: ProviderWishes): NothingEligible
  /** Hears every exchange once, after its settlement. */
  report (report: ExchangeReport): void
  /** Hears what somebody should look at: a settlement that could not be written, a credential that was refused. */
  alarm (message: string, error?: unknown): void
}
