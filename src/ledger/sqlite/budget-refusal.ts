// Why a budget admits no more, with the arithmetic: what it allows, what is gone, what was asked for, and when it will
// do.

import { spanAt } from '../../budgets/span.ts'
import { exactAmount, amountWords, scopeWords, windowWords } from '../../budgets/words.ts'
import { GatewayError } from '../../core/errors.ts'
import type { CountedBudget } from './budget-index.ts'
import type { WindowPlace } from './budget-sets.ts'
import type { BudgetWindows, WindowSums } from './budget-windows.ts'

// Clients of OpenRouter look for "Insufficient credits" and "requires more credits, or fewer max_tokens".
const NOTHING_LEFT = 'Insufficient credits: nothing of it is left.'
const TOO_LITTLE = 'It requires more credits, or fewer max_tokens.'
/** The text alone has a bound, which may be more than the budget: fewer tokens of answer do not always help. */
const TOO_LARGE = 'It is larger than the whole budget and requires more credits, or fewer max_tokens (without it the ' +
  'longest answer counts), or less text.'

export interface Shortage extends WindowSums {
  readonly counted: CountedBudget
  readonly place: WindowPlace
  readonly needed: bigint
}

/** The error of a request for which a budget has no room at `nowMs`. */
export function exceeded (shortage: Shortage, windows: BudgetWindows, nowMs: number): GatewayError {
  const { counted: { budget }, spent, reserved, needed } = shortage
  const { unit, limit } = budget
  const roomAtMs = needed > limit ? undefined : roomAt(shortage, windows, nowMs)
  const left = limit - spent - reserved
  const metadata = {
    budget: budget.name,
    scope: scopeWords(budget.scope),
    unit,
    window: windowWords(budget.window),
    limit: exactAmount(unit, limit),
    spent: exactAmount(unit, spent),
    reserved: exactAmount(unit, reserved),
    left: exactAmount(unit, left > 0n ? left : 0n),
    needed: exactAmount(unit, needed),
    resets_at: roomAtMs === undefined ? null : new Date(roomAtMs).toISOString()
  }
  const retry = roomAtMs === undefined ? {} : { retryAfterS: Math.max(1, Math.ceil((roomAtMs - nowMs) / 1000)) }
  return new GatewayError('budget_exceeded', {
    budget: budget.name,
    limit: amountWords(unit, limit),
    window: windowWords(budget.window),
    spent: amountWords(unit, spent),
    reserved: amountWords(unit, reserved),
    needed: amountWords(unit, needed),
    remedy: remedyFor(shortage, roomAtMs)
  }, { metadata, ...retry })
}

export function unbounded ({ budget }: CountedBudget, reason: string): GatewayError {
  return new GatewayError('budget_unpriced', { budget: budget.name, reason }, {
    metadata: { budget: budget.name, scope: scopeWords(budget.scope), unit: budget.unit }
  })
}

function remedyFor (shortage: Shortage, roomAtMs: number | undefined): string {
  const then = roomAtMs === undefined
    ? 'The operator can raise it: aibroker budget set.'
    : `There is room again at ${new Date(roomAtMs).toISOString()}.`
  const words = shortage.counted.budget.unit === 'requests' ? undefined : shortageWords(shortage)
  return words === undefined ? then : `${words} ${then}`
}

function shortageWords ({ counted: { budget: { limit } }, spent, reserved, needed }: Shortage): string {
  if (needed > limit) return TOO_LARGE
  return spent + reserved >= limit ? NOTHING_LEFT : TOO_LITTLE
}

/** When the window ends, or when enough of a rolling one has worn off; undefined: never by itself. */
function roomAt ({ counted, place, needed, spent, reserved }: Shortage, windows: BudgetWindows, nowMs: number) {
  const { budget: { window, limit }, reachMs } = counted
  if (window.kind !== 'rolling') return spanAt(window, place.startMs).endMs
  let excess = spent + reserved + needed - limit
  for (const part of windows.parts(place, reachMs)) {
    excess -= part.spent + part.reserved
    const { endMs = 0 } = spanAt(window, Number(part.startMs))
    if (excess <= 0n) return Math.max(endMs + reachMs, nowMs)
  }
  return undefined
}
