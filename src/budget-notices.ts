// Tells that the use of a budget has reached a threshold: the log, the metrics and, where one is set, a webhook.
//
// What must hold: a notice never holds up a request, and a webhook that fails is told in the log and no more; what
// counts is in the books.

import type { Logger } from 'pino'
import { amountWords, scopeWords, windowWords } from './budgets/words.ts'
import type { BudgetCrossing } from './ledger/ledger.ts'
import type { Tallies } from './metrics/tallies.ts'

export interface NoticeParts {
  readonly log: Logger
  readonly tallies: Pick<Tallies, 'noteCrossing'>
  /** Where notices are posted; undefined: nowhere. */
  readonly webhook: URL | undefined
  readonly nowMs: () => number
}

const WEBHOOK_TIMEOUT_MS = 10_000
/** Budgets that cross together are a few; more at once than this are an attack on the receiver. */
const MOST_AT_ONCE = 16

export function createBudgetNotices (
  { log, tallies, webhook, nowMs }: NoticeParts
): (crossing: BudgetCrossing) => void {
  let underWay = 0
  const post = async (notice: object): Promise<void> => {
    if (!webhook || underWay >= MOST_AT_ONCE) return
    underWay++
    try {
      const { request } = await import('undici') // here: it is a large package, and most budgets are never reached
      const { statusCode, body } = await request(webhook, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'aibroker' },
        body: JSON.stringify(notice),
        headersTimeout: WEBHOOK_TIMEOUT_MS,
        bodyTimeout: WEBHOOK_TIMEOUT_MS
      })
      await body.dump()
      if (statusCode >= 300) log.warn({ statusCode }, 'the budget webhook refused a notice')
    } catch (error) {
      log.warn({ err: error }, 'the budget webhook could not be reached')
    } finally {
      underWay--
    }
  }
  return (crossing) => {
    const notice = noticeOf(crossing, nowMs())
    log.warn(notice, `budget "${crossing.budget.name}" has reached ${Math.round(crossing.threshold * 100)} % of its limit`)
    tallies.noteCrossing(crossing.budget.name, crossing.threshold)
    post(notice).catch((error: unknown) => { log.error({ err: error }, 'a budget notice failed') })
  }
}

/** The body of the webhook, and the line of the log. */
function noticeOf ({ budget, threshold, spent, reserved, limit }: BudgetCrossing, nowMs: number) {
  return {
    event: 'budget_threshold',
    at: new Date(nowMs).toISOString(),
    budget: budget.name,
    scope: scopeWords(budget.scope),
    window: windowWords(budget.window),
    unit: budget.unit,
    threshold,
    spent: amountWords(budget.unit, spent),
    reserved: amountWords(budget.unit, reserved),
    limit: amountWords(budget.unit, limit)
  }
}
