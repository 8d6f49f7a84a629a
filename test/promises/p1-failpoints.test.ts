// P1, P2 and P3 when the broker is killed at a named point: `kill -9` before and after each step of a request. The
// provider keeps the truth, and after each restart all of it is joined with the books: nothing is missing, nothing is
// there twice, no request cost more than the books have for it, and budgets hold exactly what the rows say.
//
// One home through all kills, so that each broker recovers what the one before left. While a request is killed another
// one hangs in the middle of its stream. FAILPOINT in the environment: only points with this in their name.

import t, { type Test } from 'tap'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyLedger } from '../../src/ledger/sqlite/verify.ts'
import { aibroker } from '../cli/command.ts'
import { Caller } from '../exchange/caller.ts'
import { autopsy, dyingBroker, type DyingBroker } from './dying.ts'
import { look } from './observe.ts'
import {
  bookedIn, budgetsIn, configWithNames, EVENTS, trueBills, usd, type Booked, type Fate, type TrueBills
} from './true-bills.ts'

t.setTimeout(300_000)

type Kind = 'stream' | 'plain'

/** What the books say of the killed request after the restart; `nothing`: there is no row. */
type Left = 'nothing' | 'orphaned' | 'settled'

interface Case {
  readonly point: string
  readonly kind: Kind
  readonly fate: Fate
  readonly left: Left
  /** How often the provider received the request. */
  readonly calls: number
  /** The client has all of the answer. */
  readonly isDelivered?: boolean
}

const BOTH: readonly Kind[] = ['stream', 'plain']

const both = (point: string, left: Left, calls: number, more: Partial<Case> = {}): Case[] =>
  BOTH.map((kind) => ({ point, kind, fate: 'well', left, calls, ...more }))
const stream = (point: string, fate: Fate = 'well'): Case =>
  ({ point, kind: 'stream', fate, left: 'orphaned', calls: 1 })

const ALL: readonly Case[] = [
  ...both('before the intent', 'nothing', 0),
  ...both('intent written, not committed', 'nothing', 0),
  ...both('intent committed, nothing sent', 'orphaned', 0),
  ...both('connected', 'orphaned', 0),
  ...both('request sent', 'orphaned', 1),
  ...both('headers came', 'orphaned', 1),
  { ...stream('first bytes came'), kind: 'plain' },
  stream(`event ${EVENTS.role}`),
  stream(`event ${EVENTS.text}`),
  stream(`event ${EVENTS.text3}`),
  stream(`event ${EVENTS.finish}`),
  stream(`event ${EVENTS.usage}`),
  ...both('second intent written, not committed', 'orphaned', 1, { fate: 'again' }),
  ...both('second intent committed, nothing sent', 'orphaned', 1, { fate: 'again' }),
  ...both('before the settlement', 'orphaned', 1),
  ...both('settlement written, not committed', 'orphaned', 1),
  ...both('settlement committed, end not told', 'settled', 1),
  ...both('answer out', 'settled', 1, { isDelivered: true }),
  stream('before order 1 of a checkpoint', 'held'),
  stream('before report 1 of a checkpoint', 'held'),
  stream('before order 2 of a checkpoint', 'held'), // commits are held from here on
  stream('within a checkpoint', 'held'),
  stream('before report 2 of a checkpoint', 'held'),
  stream('after report 2 of a checkpoint', 'held')
]

const CASES = ALL.filter(({ point }) => point.includes(process.env['FAILPOINT'] ?? ''))

interface Asked {
  readonly marker: string
  readonly caller: Caller
}

/** Everything asked so far, by name. */
class Clients {
  readonly fates = new Map<string, Fate>()
  readonly all: Asked[] = []

  ask ({ url }: DyingBroker, kind: Kind, fate: Fate = 'well'): Asked {
    const marker = `m${this.all.length}`
    this.fates.set(marker, fate)
    const caller = new Caller(`${url}/v1/chat/completions`, {
      body: { model: marker, user: marker, stream: kind === 'stream' }
    })
    const asked = { marker, caller }
    this.all.push(asked)
    return asked
  }
}

function isWhole ({ marker, caller: { isCut, raw } }: Asked): boolean {
  return !isCut && raw.includes(marker) && (raw.startsWith('{') || raw.endsWith('data: [DONE]\n\n'))
}

t.test('P1 P2 P3 killed at any point, the books cover what the provider bills, once', async (t) => {
  const start = () => dyingBroker(t, home)
  const home = mkdtempSync(join(tmpdir(), 'aibroker-failpoints-'))
  t.teardown(() => { rmSync(home, { recursive: true, force: true }) })
  const clients = new Clients()
  const truth = await trueBills(t, { fateOf: (marker) => clients.fates.get(marker) ?? 'well' })
  writeFileSync(join(home, 'modelsconfig.yml'), configWithNames(truth.provider, CASES.length * 4))
  t.equal((await aibroker(t, ['budget', 'set', 'all', '--limit', '5'], { home })).code, 0)

  let broker = await start()
  const table: string[] = []
  for (const one of CASES) {
    await t.test(`${one.kind}: ${one.point}`, async (t) => {
      const doomed = await kill(t, broker, clients, one)
      const { openNanoUsd } = autopsy(home, (sqlite) => expectSound(t, sqlite))
      t.ok(openNanoUsd > 0n, 'the kill left a reservation')
      broker = await start()
      const rows = look(home, bookedIn)
      t.equal(look(home, (sqlite) => expectSound(t, sqlite)).openNanoUsd, 0n, 'nothing is reserved after the restart')
      expectCovered(t, rows, { clients, truth })
      const row = rows.find(({ marker }) => marker === doomed.marker)
      expectLeft(t, one, row)
      t.equal(truth.byMarker.get(doomed.marker)?.calls ?? 0, one.calls, 'what the provider has received')
      t.equal(isWhole(doomed), one.isDelivered === true, 'whether the client has a whole answer')
      const billed = truth.byMarker.get(doomed.marker)?.nanoUsd ?? 0n
      table.push([
        one.point.padEnd(38), one.kind.padEnd(6), String(one.calls).padStart(5), usd(billed),
        usd(row?.costNanoUsd ?? 0n), row?.grades ?? 'no row'
      ].join('  '))
    })
  }
  broker.signal('SIGTERM')
  t.equal(await broker.ended, null, 'the last broker ends by itself')
  const rows = look(home, bookedIn)
  t.comment(['killed', 'kind', 'calls', 'billed USD', 'booked USD', 'grade'].join(' | '))
  for (const line of table) t.comment(line)
  const spent = look(home, budgetsIn)[0]?.spent ?? 0n
  const billed = [...truth.byMarker.values()].reduce((sum, { nanoUsd }) => sum + nanoUsd, 0n)
  t.comment(`${CASES.length} kills, ${clients.all.length} requests, ${rows.length} rows; the provider bills ` +
    `USD ${usd(billed)}, the books and the budget say ${usd(spent)}; 0 missing, 0 twice, 0 below the truth`)
})

/** Work before, a stream that hangs beside, and the request that comes to the point. */
async function kill (t: Test, broker: DyingBroker, clients: Clients, { point, kind, fate }: Case): Promise<Asked> {
  const before = BOTH.map((kind) => clients.ask(broker, kind))
  await Promise.all(before.map(({ caller }) => caller.ended))
  const broken = before.find((asked) => !isWhole(asked))
  if (broken) throw new Error(`what came before is not answered: ${broken.caller.raw}`)
  const beside = clients.ask(broker, 'stream', 'held')
  await heard(beside.caller, 'one')
  await broker.dieAt(point)
  const doomed = clients.ask(broker, kind, fate)
  t.equal(await broker.ended, 'SIGKILL')
  await Promise.all([beside, doomed].map(({ caller }) => caller.ended))
  t.equal(isWhole(beside), false, 'the stream beside it never looks whole')
  return doomed
}

/** The client has got this much. */
async function heard (caller: Caller, text: string): Promise<void> {
  while (!caller.raw.includes(text)) await new Promise((resolve) => { setImmediate(resolve) })
}

type Sqlite = Parameters<Parameters<typeof look>[1]>[0]

/** Rows, sums and budgets agree, at the moment of a kill as well as after a restart. */
function expectSound (t: Test, sqlite: Sqlite): { openNanoUsd: bigint } {
  const rows = bookedIn(sqlite)
  t.equal(sqlite.pragma('integrity_check', { simple: true }), 'ok')
  t.match(verifyLedger(sqlite), { ok: true, differences: [] })
  const openNanoUsd = sum(rows, ({ openNanoUsd }) => openNanoUsd)
  const [budget] = budgetsIn(sqlite)
  t.match(budget, { spent: sum(rows, ({ costNanoUsd }) => costNanoUsd), reserved: openNanoUsd },
    'the budget holds what the rows say')
  t.ok(budget && budget.spent + budget.reserved <= budget.limit, 'the budget is not overshot')
  return { openNanoUsd }
}

function sum (rows: readonly Booked[], of: (row: Booked) => bigint): bigint {
  return rows.reduce((total, row) => total + of(row), 0n)
}

/** Everything the provider received is in the books once, for no less than it bills; whole answers to the cent. */
function expectCovered (
  t: Test, rows: readonly Booked[], { clients, truth }: { clients: Clients, truth: TrueBills }
): void {
  const byMarker = new Map(rows.map((row) => [row.marker, row]))
  t.equal(byMarker.size, rows.length, 'no request is there twice')
  const received = [...truth.byMarker].map(([marker, billed]) => ({ marker, ...billed, row: byMarker.get(marker) }))
  t.same(received.filter(({ row, calls }) => !row || row.attempts < calls), [], 'P1: no call is missing')
  t.same(received.filter(({ row, nanoUsd }) => row && row.costNanoUsd < nanoUsd), [], 'no call is booked below its bill')
  const wrong = received.filter(({ row, nanoUsd }) =>
    row && !row.grades.includes('bounded') && row.costNanoUsd !== nanoUsd)
  t.same(wrong, [], 'what is graded as reported is exact')
  t.same(rows.filter(({ costNanoUsd, ceilingNanoUsd }) => costNanoUsd > ceilingNanoUsd), [], 'nothing is above its bound')
  const whole = clients.all.filter(isWhole).map(({ marker }) => byMarker.get(marker))
  t.same(whole.filter((row) => row?.status !== 200 || row.error !== null), [], 'P2: every whole answer is settled as one')
}

function expectLeft (t: Test, { left, fate, calls }: Case, row: Booked | undefined): unknown {
  if (left === 'nothing') return t.equal(row, undefined, 'there is no row')
  if (left === 'settled') return t.match(row, { status: 200, error: null, grades: 'reported', attempts: 1 })
  t.match(row, { status: 0, error: 'orphaned' })
  const isSecond = fate === 'again' && row?.attempts === 2
  t.equal(row?.grades, isSecond ? 'free,bounded' : 'bounded', 'what may have been used is booked at its bound')
  return calls > 0 || t.ok(row && row.costNanoUsd === row.ceilingNanoUsd, 'also when nothing was sent: nobody can know')
}
