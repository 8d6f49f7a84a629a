// P2 and P5 when a stream ends early: the client leaves, or the provider breaks off, at each moment of an answer. What
// the provider bills is the truth; the books have it exactly where they say `reported`, and never less where they say
// `bounded`. Who bills for the whole answer whatever happens (`billsOnCancel`) is read to its end when its client left.
//
// In nano-USD; the whole answer costs 13000, its bound is some 9 million. `told`: reported, exact. `bound`: bounded, at
// the bound of the call. A call that broke before its first output is made once more, which costs 13000 again.
//
//   moment                        client leaves                     provider breaks off
//                                 stops on cancel   bills on        stops on cancel   bills on
//   before headers                bound             told            bound, told       bound, told
//   headers, no output            bound             told            bound, told       bound, told
//   after 1 chunk                 bound             told            bound             bound
//   after 3 chunks                bound             told            bound             bound
//   inside tool arguments         bound             told            bound             bound
//   after finish, before usage    bound             told            bound             bound
//   after usage, before [DONE]    told              told            told              told
//
// Usage that was told on the way (in each chunk) is nowhere the whole: such a stream, broken, is booked at its bound.

import t, { type Test } from 'tap'
import { Counter, look } from './observe.ts'
import { delta, ROLE, say, STOP, TOLD } from '../exchange/by-hand.ts'
import { timed, type Role, type Timed } from '../exchange/timed.ts'
import type { Answer, Call } from '../upstreams.ts'
import { DONE_FRAME, frameOf } from '../upstreams/frames.ts'

const PATIENT = { AIBROKER_BETWEEN_TIMEOUT_MS: '0', AIBROKER_FIRST_BYTE_TIMEOUT_MS: '0' }

const call = (fragment: object) => delta({ tool_calls: [{ index: 0, ...fragment }] })
const TEXT = [ROLE, say('one'), say('two'), say('three'), STOP, TOLD, DONE_FRAME]
const TOOLS = [
  ROLE,
  call({ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } }),
  call({ function: { arguments: '{"city":"Zü' } }),
  call({ function: { arguments: 'rich"}' } }),
  delta({}, 'tool_calls'), TOLD, DONE_FRAME
]

interface Moment {
  readonly name: string
  readonly frames: readonly string[]
  /** How many of them went out before; undefined: not even headers. */
  readonly sent: number | undefined
}

const MOMENTS: readonly Moment[] = [
  { name: 'before headers', frames: TEXT, sent: undefined },
  { name: 'headers, no output', frames: TEXT, sent: 1 },
  { name: 'after 1 chunk', frames: TEXT, sent: 2 },
  { name: 'after 3 chunks', frames: TEXT, sent: 4 },
  { name: 'inside tool arguments', frames: TOOLS, sent: 3 },
  { name: 'after finish, before usage', frames: TEXT, sent: 5 },
  { name: 'after usage, before [DONE]', frames: TEXT, sent: 6 }
]

const PROMPT_NANO_USD = 7_000n
const TOKEN_NANO_USD = 2_000n
const OUTPUT_TOKENS = 3
const WHOLE_NANO_USD = PROMPT_NANO_USD + TOKEN_NANO_USD * BigInt(OUTPUT_TOKENS)
/** Work that was done and not sent when the provider heard that nobody listens. */
const AHEAD_TOKENS = 1

type Kind = 'stops' | 'groq' | 'mistral'
const KINDS: readonly Kind[] = ['stops', 'groq', 'mistral']
const BREAKS = ['client leaves', 'provider breaks off'] as const

/** A provider in the test's hand: its first call goes as the test says, later ones are answered whole. */
class Hand {
  readonly calls: Call[] = []
  readonly #called = new Counter()

  readonly answer: Answer = (call) => {
    this.calls.push(call)
    this.#called.reach()
    if (this.calls.length > 1) this.send(TEXT, true, this.calls.length - 1)
  }

  called (): Promise<void> {
    return this.#called.reached(1)
  }

  send (frames: readonly string[], isEnd = false, at = 0): void {
    const { response } = this.calls[at] as Call
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    for (const frame of frames) response.write(frame)
    if (isEnd) response.end()
  }

  cut (): void {
    this.calls[0]?.takeOver()
    this.calls[0]?.socket.destroySoon()
  }
}

/** What the provider bills for its first call. */
function billOf (kind: Kind, { sent = 0 }: Moment): bigint {
  if (kind !== 'stops') return WHOLE_NANO_USD
  const tokens = Math.min(OUTPUT_TOKENS, Math.max(0, sent - 1) + AHEAD_TOKENS)
  return PROMPT_NANO_USD + TOKEN_NANO_USD * BigInt(tokens)
}

interface AttemptCost {
  readonly cost: bigint
  readonly ceiling: bigint
  readonly grade: string
}

function costsIn ({ broker }: Timed): AttemptCost[] {
  return look(broker.home, (sqlite) => sqlite.prepare<[], AttemptCost>(`
    SELECT a.cost_nano_usd AS cost, a.ceiling_nano_usd AS ceiling, g.text AS grade
    FROM attempts a JOIN names g ON g.id = a.grade ORDER BY a.id`).safeIntegers().all())
}

const table: string[] = []

for (const brokenBy of BREAKS) {
  for (const kind of KINDS) {
    for (const moment of MOMENTS) {
      t.test(`P5 ${brokenBy} ${moment.name}; the provider ${kind === 'stops' ? 'stops on cancel' : `is ${kind}`}`, async (t) => {
        const hand = new Hand()
        const role: Role = kind === 'stops' ? hand.answer : { as: kind, answer: hand.answer }
        const play = await timed(t, [role], { env: PATIENT })
        const caller = await play.ask()
        await play.until(hand.called())
        if (moment.sent !== undefined) hand.send(moment.frames.slice(0, moment.sent))
        await play.pass(0)
        if (brokenBy === 'provider breaks off') hand.cut()
        else {
          caller.leave()
          await play.until(play.observed.gone(1))
          if (kind === 'stops') await play.until(play.providers[0]?.closed() as Promise<void>, 0)
          else hand.send(moment.frames.slice(moment.sent ?? 0), true)
        }
        await play.until(play.observed.ended(1))
        expectTruth(t, costsIn(play), [billOf(kind, moment), ...hand.calls.slice(1).map(() => WHOLE_NANO_USD)])
        t.equal(costsIn(play)[0]?.grade, gradeOf(brokenBy, kind, moment))
        t.match(play.observed.verify(), { ok: true, exchanges: 1, open: 0 })
        t.equal(play.observed.busy, 0)
        const cells = costsIn(play).map(({ cost, grade }) => `${grade} ${cost}`).join(', ')
        table.push(`${brokenBy.padEnd(19)}  ${kind.padEnd(7)}  ${moment.name.padEnd(26)}  ` +
          `${String(billOf(kind, moment)).padStart(5)}  ${cells}`)
      })
    }
  }
}

function gradeOf (brokenBy: string, kind: Kind, { sent = 0 }: Moment): string {
  const isTold = sent > TEXT.indexOf(TOLD) || (brokenBy === 'client leaves' && kind !== 'stops')
  return isTold ? 'reported' : 'bounded'
}

/** One attempt for each bill, exact where it is said to be, else enough and no more than its bound. */
function expectTruth (t: Test, costs: readonly AttemptCost[], bills: readonly bigint[]): void {
  t.equal(costs.length, bills.length, 'an attempt for each call')
  for (const [at, { cost, ceiling, grade }] of costs.entries()) {
    const bill = bills[at] ?? 0n
    if (grade === 'reported') t.equal(cost, bill, 'told is exact')
    else t.ok(grade === 'bounded' && cost >= bill && cost <= ceiling, `${grade} ${cost} for a bill of ${bill}`)
  }
}

/** A chunk that tells the usage so far: `continuous_usage_stats` of vLLM, and what stands behind it. */
const soFar = (content: string, tokens: number) => frameOf({
  id: 'c',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'up',
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
  usage: { prompt_tokens: 7, completion_tokens: tokens, total_tokens: 7 + tokens }
})
const GROWING = [ROLE, soFar('one', 1), soFar('two', 2), soFar('three', 3), STOP, TOLD, DONE_FRAME]

for (const brokenBy of [...BREAKS, 'provider breaks off after the client left'] as const) {
  for (const kind of KINDS) {
    t.test(`P5 ${brokenBy}, usage so far is not the whole; the provider ${kind === 'stops' ? 'stops' : `is ${kind}`}`, async (t) => {
      const hand = new Hand()
      const play = await timed(t, [kind === 'stops' ? hand.answer : { as: kind, answer: hand.answer }], { env: PATIENT })
      const caller = await play.ask()
      await play.until(hand.called())
      hand.send(GROWING.slice(0, 3))
      await play.pass(0)
      if (brokenBy !== 'provider breaks off') {
        caller.leave()
        await play.until(play.observed.gone(1))
      }
      if (brokenBy !== 'client leaves') hand.cut()
      else if (kind !== 'stops') hand.send(GROWING.slice(3), true)
      await play.until(play.observed.ended(1))
      expectTruth(t, costsIn(play), [WHOLE_NANO_USD])
    })
  }
}

t.test('the figures', async (t) => {
  t.comment('who                  provider  moment                     bill   booked (nano-USD)')
  for (const line of table) t.comment(line)
  t.equal(table.length, BREAKS.length * KINDS.length * MOMENTS.length)
})
