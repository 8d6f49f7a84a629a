// A provider that keeps the truth: which requests it received, and what it bills for each of them, whole from the
// moment it has the request, whoever hangs up. And the books of a broker, to be joined with that truth.
//
// The join is the name the client asked for: every request has one of its own (an alias of the model), which the broker
// writes down with the row, and which reaches the provider as `user`.

import type { Test } from 'tap'
import type Database from 'better-sqlite3'
import { DONE_FRAME, frameOf } from '../upstreams/frames.ts'
import { provider, type Answer, type Call, type TestProvider } from '../upstreams.ts'

/** As configured: USD 1 and 2 per million tokens. */
const INPUT_NANO_USD = 1_000n
const OUTPUT_NANO_USD = 2_000n

export interface Billed {
  /** Requests received under the name, failed ones included. */
  calls: number
  /** What they cost in truth. */
  nanoUsd: bigint
}

export interface TrueBills {
  readonly provider: TestProvider
  readonly byMarker: ReadonlyMap<string, Billed>
}

/** What happens to a call: `held` says something and then nothing, `again` fails the first time. */
export type Fate = 'well' | 'held' | 'again'

export interface BillingOptions {
  /** Of the request under this name. */
  readonly fateOf?: (marker: string) => Fate
}

export async function trueBills (t: Test, { fateOf = () => 'well' }: BillingOptions = {}): Promise<TrueBills> {
  const byMarker = new Map<string, Billed>()
  const answering = await provider(t, (call) => {
    const { user: marker, stream } = call.request.json() as { user: string, stream?: boolean }
    const billed = byMarker.get(marker) ?? { calls: 0, nanoUsd: 0n }
    byMarker.set(marker, billed)
    billed.calls++
    const fate = fateOf(marker)
    if (fate === 'again' && billed.calls === 1) return failed(call)
    const usage = usageOf(marker, call.request.bytes.length)
    billed.nanoUsd += costOf(usage)
    return (stream ? streamOf(marker, usage, fate) : plainOf(marker, usage))(call)
  })
  return { provider: answering, byMarker }
}

interface TrueUsage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
}

/** Another one for each name. */
function usageOf (marker: string, bodyBytes: number): TrueUsage {
  const seed = [...marker].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 100_003, 7)
  const input = bodyBytes + seed % 900
  const output = 1 + seed % 4_096
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
}

function costOf ({ prompt_tokens: input, completion_tokens: output }: TrueUsage): bigint {
  return BigInt(input) * INPUT_NANO_USD + BigInt(output) * OUTPUT_NANO_USD
}

function failed ({ response }: Call): void {
  response.writeHead(500, { 'content-type': 'application/json', connection: 'close' })
  response.end('{"error":{"message":"not now"}}')
}

/** Events of a whole stream, in this order; the marks of `p1-failpoints.test.ts` count on it. */
export const EVENTS = { role: 1, text: 2, text3: 4, finish: 6, usage: 7, done: 8 } as const

function framesOf (marker: string, usage: TrueUsage): string[] {
  const head = { id: marker, object: 'chat.completion.chunk', created: 1, model: 'm' }
  const chunk = (delta: object, finish: string | null = null) =>
    frameOf({ ...head, choices: [{ index: 0, delta: { ...delta }, finish_reason: finish }] })
  const pieces = ['one', 'two', 'three', 'four'].map((content) => chunk({ content }))
  const told = frameOf({ ...head, choices: [], usage: { ...usage } })
  return [chunk({ role: 'assistant', content: '' }), ...pieces, chunk({}, 'stop'), told, DONE_FRAME]
}

function streamOf (marker: string, usage: TrueUsage, fate: Fate): Answer {
  return async (call) => {
    const { response } = call
    response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' })
    response.flushHeaders()
    for (const frame of framesOf(marker, usage).slice(0, fate === 'held' ? EVENTS.text : EVENTS.done)) {
      await turn()
      if (call.isGone) return
      response.write(frame)
    }
    if (fate !== 'held') response.end()
  }
}

function plainOf (marker: string, usage: TrueUsage): Answer {
  const message = { role: 'assistant', content: 'one two three four' }
  const text = JSON.stringify({ id: marker, choices: [{ index: 0, message, finish_reason: 'stop' }], usage })
  return async ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json', connection: 'close' })
    response.flushHeaders()
    for (const part of [text.slice(0, 20), text.slice(20)]) {
      await turn()
      response.write(part)
    }
    response.end()
  }
}

/** Each piece arrives by itself. */
function turn (): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, 1) })
}

/** modelsconfig.yml in which each model can be asked for under `count` names: `m0`, `m1` … for the model `m`. */
export function configWithNames (
  { url }: { readonly url: string }, count: number, models: readonly string[] = ['m']
): string {
  const rows = models.map((model) => {
    const names = Array.from({ length: count }, (_, at) => `${model}${at}`)
    return `  ${model}:\n    context_window: 128000\n    max_output_tokens: 4096\n` +
      `    aliases: [${names.join(', ')}]\n` +
      '    backends:\n      - {provider: test0, model_id: up, priority: 1, input_cost: 1, output_cost: 2}\n'
  })
  return `providers:\n  test0: {wire: openai-chat, base_url: "${url}", credential: none}\nmodels:\n${rows.join('')}`
}

/** One exchange of the books, its attempts added up. */
export interface Booked {
  readonly marker: string
  readonly createdAtMs: number
  /** Null: running. */
  readonly status: number | null
  readonly error: string | null
  readonly attempts: number
  readonly costNanoUsd: bigint
  /** What its attempts could have cost at most. */
  readonly ceilingNanoUsd: bigint
  /** Of attempts that still run. */
  readonly openNanoUsd: bigint
  /** `reported`, `free,bounded` … in order of the attempts; running ones have none. */
  readonly grades: string
}

const BOOKED = `
  SELECT n.text AS marker, e.created_at_ms AS createdAtMs, e.status, x.text AS error, count(a.id) AS attempts,
    coalesce(sum(a.cost_nano_usd), 0) AS costNanoUsd, coalesce(sum(a.ceiling_nano_usd), 0) AS ceilingNanoUsd,
    coalesce(sum(iif(a.outcome IS NULL, a.ceiling_nano_usd, 0)), 0) AS openNanoUsd,
    coalesce(group_concat(g.text ORDER BY a.id), '') AS grades
  FROM exchanges e JOIN names n ON n.id = e.requested_model LEFT JOIN names x ON x.id = e.error
  LEFT JOIN attempts a ON a.exchange = e.id LEFT JOIN names g ON g.id = a.grade
  GROUP BY e.id ORDER BY e.id`

interface BookedRow extends Omit<Booked, 'createdAtMs' | 'status' | 'attempts'> {
  readonly createdAtMs: bigint
  readonly status: bigint | null
  readonly attempts: bigint
}

export function bookedIn (sqlite: Database.Database): Booked[] {
  return sqlite.prepare<[], BookedRow>(BOOKED).safeIntegers().all().map((row) => ({
    ...row,
    createdAtMs: Number(row.createdAtMs),
    status: row.status === null ? null : Number(row.status),
    attempts: Number(row.attempts)
  }))
}

export interface BudgetState {
  readonly name: string
  readonly limit: bigint
  readonly spent: bigint
  readonly reserved: bigint
}

/** Budgets over all time, which have one window each. */
export function budgetsIn (sqlite: Database.Database): BudgetState[] {
  return sqlite.prepare<[], BudgetState>(`
    SELECT b.name, b.amount AS "limit", coalesce(sum(w.spent), 0) AS spent, coalesce(sum(w.reserved), 0) AS reserved
    FROM budgets b LEFT JOIN budget_windows w ON w.budget = b.id GROUP BY b.id ORDER BY b.id`).safeIntegers().all()
}

/** `1.234567890` */
export function usd (nanoUsd: bigint): string {
  return `${nanoUsd / 1_000_000_000n}.${String(nanoUsd % 1_000_000_000n).padStart(9, '0')}`
}
