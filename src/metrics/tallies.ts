// What happened since the start, counted from the report of every exchange and the outcome of every attempt.
//
// DESIGN. Counting is a handful of map entries per exchange and knows no metrics library: that one is loaded when
// somebody asks for the numbers (exposition.ts). Names that clients make up never become labels: a model is one of the
// catalog or `other`, a provider one that is configured or `none`, everything else is a word of ours.

import type { Outcome } from '../core/outcome.ts'
import { inputTokens, outputTokens } from '../core/usage.ts'
import type { ExchangeReport } from '../exchange/report.ts'
import { CountTable } from './count-table.ts'
import { DurationTable } from './duration-table.ts'
import type { Family } from './family.ts'

export interface TallyParts {
  /** The catalog's own name of what a client asked for; undefined: no entry of it. */
  modelNamed (requested: string): string | undefined
}

const OTHER = 'other'
/** No backend was asked. */
const NONE = 'none'

export class Tallies {
  readonly #modelNamed: TallyParts['modelNamed']
  readonly #exchanges = new CountTable('aibroker_exchanges_total',
    'Requests that have ended, by the class of the status the client got.', ['task', 'provider', 'model', 'status'])

  readonly #errors = new CountTable('aibroker_exchange_errors_total',
    'Requests that ended in an error, by its code (README, Errors).', ['error'])

  readonly #refusals = new CountTable('aibroker_refusals_total',
    'Requests refused before they became an exchange, by the code of the error.', ['error'])

  readonly #crossings = new CountTable('aibroker_budget_thresholds_total',
    'Times the use of a budget reached one of its thresholds.', ['budget', 'threshold'])

  readonly #attempts = new CountTable('aibroker_attempts_total',
    'Calls to providers that have ended, by what they came to.', ['provider', 'outcome'])

  readonly #tokens = new CountTable('aibroker_tokens_total',
    'Tokens of the attempts that ended their requests, where the provider told them.', ['provider', 'direction'])

  readonly #cost = new CountTable('aibroker_cost_nano_usd_total',
    'Cost of the attempts that ended their requests, in billionths of a US dollar.', ['provider', 'grade'])

  readonly #grades = new CountTable('aibroker_cost_grades_total',
    'Requests by how their cost is known (README, Cost grades).', ['provider', 'grade'])

  readonly #durations = new DurationTable('aibroker_exchange_duration_seconds',
    'From the arrival of a request to its settlement.', 'task')

  readonly #firstEvents = new DurationTable('aibroker_first_event_seconds',
    'From the call to its first event, or to its whole plain answer, of the attempts that answered.', 'provider')

  constructor ({ modelNamed }: TallyParts) {
    this.#modelNamed = modelNamed
  }

  get families (): readonly Family[] {
    return [
      this.#exchanges, this.#errors, this.#refusals, this.#crossings, this.#attempts, this.#tokens, this.#cost,
      this.#grades, this.#durations, this.#firstEvents
    ]
  }

  /** An exchange was settled. */
  noteExchange (report: ExchangeReport): void {
    const { task, status, error, durationMs, firstEventMs } = report
    const provider = report.provider ?? NONE
    this.#exchanges.add([task, provider, this.#modelNamed(report.requestedModel) ?? OTHER, classOf(status)])
    if (error !== undefined) this.#errors.add([error])
    this.#durations.add(task, durationMs)
    if (firstEventMs !== undefined) this.#firstEvents.add(provider, firstEventMs)
    this.#noteCost(provider, report)
  }

  /** A request was refused before it became an exchange. */
  noteRefusal (code: string): void {
    this.#refusals.add([code])
  }

  /** The use of a budget reached a share of its limit. */
  noteCrossing (budget: string, threshold: number): void {
    this.#crossings.add([budget, String(threshold)])
  }

  /** A call to a provider has ended. */
  noteAttempt (provider: string, { kind }: Outcome): void {
    this.#attempts.add([provider, kind])
  }

  /** Unknown is not zero: what was not told is not counted, and the grade says how often that was. */
  #noteCost (provider: string, { usage, cost, grade }: ExchangeReport): void {
    const input = inputTokens(usage)
    const output = outputTokens(usage)
    if (input !== undefined) this.#tokens.add([provider, 'input'], input)
    if (output !== undefined) this.#tokens.add([provider, 'output'], output)
    if (grade === undefined) return
    this.#grades.add([provider, grade])
    if (cost !== undefined) this.#cost.add([provider, grade], Number(cost))
  }
}

const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx']

function classOf (status: number): string {
  return CLASSES[Math.floor(status / 100) - 1] ?? OTHER
}
