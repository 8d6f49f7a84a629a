// P2 when it is the broker's own fault: a bug before, between and after calls, and books that cannot be written.

import t from 'tap'
import { post, type TestGateway } from '../helper.ts'
import { chatJson, chatSse, status, streamed, type Answer } from '../upstreams.ts'
import { formatUsd } from '../../src/core/money.ts'
import { openDatabase } from '../../src/ledger/sqlite/database.ts'
import { SqliteLedger } from '../../src/ledger/sqlite/ledger.ts'
import { RETRY_MS } from '../../src/ledger/sqlite/outage.ts'
import { verifyLedger } from '../../src/ledger/sqlite/verify.ts'
import { tickingClock } from '../ledger/ticking-clock.ts'
import { lockBooks, look } from './observe.ts'
import { CHAT, FIRST, init, setting, STREAM } from './setting.ts'

t.test('P2 a bug before the call is settled once, and costs the client a 500', async (t) => {
  const made = await setting(t, [chatJson()])
  const mend = plant(made.broker, 'test0', 'requestQuirks')
  t.equal((await post(`${made.broker.url}/chat/completions`, CHAT)).status, 500)
  mend()
  t.match(made.broker.log(), /an exchange failed on a bug of the broker/)
  await made.observed.ended(1)
  t.match(made.observed.rows(), [{ status: 500, error: 'internal' }])
  t.match(made.observed.verify(), { ok: true, open: 0 })
  t.equal(made.observed.busy, 0, 'no credential is busy')
  t.equal((await post(`${made.broker.url}/chat/completions`, CHAT)).status, 200)
})

t.test('P2 a bug in the second attempt does not book the first one twice', async (t) => {
  const made = await setting(t, [status(500), chatJson()], { times: 2 })
  plant(made.broker, 'test1', 'requestQuirks')
  t.equal((await post(`${made.broker.url}/chat/completions`, CHAT)).status, 500)
  await made.observed.ended(1)
  const attempts = made.observed.rows()[0]?.attempts
  t.match(attempts, [{ outcome: 'failed', upstreamStatus: 500 }, { outcome: 'failed' }, { upstreamStatus: null }])
  t.match(made.observed.verify(), { ok: true, open: 0 })
  t.equal(made.observed.busy, 0, 'no credential is busy')
})

t.test('P2 a bug while the answer is read is settled once', async (t) => {
  for (const [name, answer, body] of [['plain', chatJson(), CHAT], ['stream', chatSse(), STREAM]] as const) {
    await t.test(name, async (t) => {
      const made = await setting(t, [answer])
      const mend = plant(made.broker, 'test0', 'usageQuirks')
      await (await fetch(`${made.broker.url}/chat/completions`, init(body))).text().catch(() => {})
      mend()
      await made.observed.ended(1)
      t.equal(made.observed.rows().length, 1)
      t.match(made.observed.verify(), { ok: true, open: 0 })
      t.equal(made.observed.busy, 0, 'no credential is busy')
      t.equal((await post(`${made.broker.url}/chat/completions`, CHAT)).status, 200)
    })
  }
})

t.test('P2 a bug when the answer begins ends the call, and is settled once', async (t) => {
  for (const [name, answer, body] of [
    ['plain', chatJson(), CHAT],
    ['stream', streamed([FIRST, FIRST], { gapBetween: () => new Promise(() => {}) }), STREAM]
  ] as const) {
    await t.test(name, async (t) => {
      const made = await setting(t, [answer])
      made.observed.onBegin = () => {
        made.observed.onBegin = undefined
        throw new Error('a bug')
      }
      t.equal((await post(`${made.broker.url}/chat/completions`, body)).status, 500)
      if (body === STREAM) await made.providers[0]?.closed()
      t.equal(made.observed.rows().length, 1)
      t.match(made.observed.verify(), { ok: true, open: 0 })
      t.ok(made.observed.verify().costNanoUsd > 0n, 'the provider has worked: its bound is booked')
      t.equal(made.observed.busy, 0, 'no credential is busy')
    })
  }
})

t.test('P2 a settlement that cannot be written keeps the answer, and is booked at its exact cost by itself', async (t) => {
  let unlock = () => {}
  let home = ''
  const clock = tickingClock(RETRY_MS)
  const lock: Answer = (call) => {
    unlock = lockBooks(home)
    return chatJson()(call)
  }
  const made = await setting(t, [lock], { clock })
  t.teardown(() => { unlock() })
  home = made.broker.home
  const readiness = () => fetch(`${made.broker.origin}/health/readiness`)
  t.equal((await readiness()).status, 200)

  const answer = await post(`${made.broker.url}/chat/completions`, CHAT)
  t.equal(answer.status, 200)
  t.match(made.observed.rows(), [{ status: null, attempts: [{ outcome: null }] }])
  t.equal(made.observed.busy, 0)
  const unready = await readiness()
  t.equal(unready.status, 503)
  t.same(await unready.json(), { ok: false, reason: 'the ledger cannot be written: another program holds the database' })
  t.match(await (await fetch(`${made.broker.origin}/health`)).json(), { ok: true, ready: false, reason: /cannot be written/ })
  t.equal((await post(`${made.broker.url}/chat/completions`, CHAT)).status, 503, 'nothing is sent meanwhile')
  t.equal(made.broker.log().match(/the ledger cannot be written/g)?.length, 1, 'one alarm per outage')

  unlock()
  await clock.tick()
  t.equal((await readiness()).status, 200)
  t.match(made.observed.rows(), [{ status: 200, attempts: [{ outcome: 'answered' }] }])
  t.equal(made.observed.rows().length, 1)
  t.match(made.observed.verify(), { ok: true, exchanges: 1, open: 0 })
  const told = String(answer.headers.get('x-aibroker-cost-usd'))
  t.equal(formatUsd(made.observed.verify().costNanoUsd), told)
  t.match(made.broker.log(), /the ledger can be written again/)
})

t.test('P2 a settlement that was never written is closed by the next start', async (t) => {
  let unlock = () => {}
  let home = ''
  const made = await setting(t, [(call) => {
    unlock = lockBooks(home)
    return chatJson()(call)
  }], { clock: tickingClock(RETRY_MS) })
  home = made.broker.home
  t.equal((await post(`${made.broker.url}/chat/completions`, CHAT)).status, 200)
  unlock()
  const file = made.broker.gateway.settings.databasePath
  const copy = `${file}.copy`
  look(home, (sqlite) => { sqlite.exec(`VACUUM INTO '${copy}'`) })
  const database = openDatabase(copy, { access: 'owner', durability: 'process' })
  const ledger = new SqliteLedger(database)
  t.equal(ledger.recover(Date.now()), 1)
  t.match(verifyLedger(database.sqlite), { ok: true, exchanges: 1, open: 0 })
  await ledger.close()
})

/** Gives a provider a quirk that throws, as a broken one would; call the result to take it away. */
function plant ({ gateway }: TestGateway, id: string, quirks: 'requestQuirks' | 'usageQuirks'): () => void {
  const providers = gateway.providers() as { get: ReturnType<typeof gateway.providers>['get'] }
  const { get } = providers
  const broken = { ...get(id), [quirks]: [() => { throw new Error('a bug') }] } as unknown as ReturnType<typeof get>
  providers.get = (asked) => asked === id ? broken : get(asked)
  return () => { providers.get = get }
}
