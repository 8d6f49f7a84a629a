// The recorder and the claims by themselves: the order of things, and what happens when nothing can be kept.

import t from 'tap'
import { randomBytes } from 'node:crypto'
import { createDrains } from '../../src/exchange/drains.ts'
import { HeldBytes } from '../../src/exchange/holder.ts'
import type { Outlet } from '../../src/exchange/outlet.ts'
import { Recorder, type Recorded } from '../../src/exchange/recorder.ts'
import { Replays } from '../../src/exchange/replays.ts'
import type { IdempotentAnswers, KeptAnswer } from '../../src/ledger/idempotency.ts'
import { manualClock } from '../keys/manual-clock.ts'

const NOBODY = { begin: () => undefined, running: 0 }
const BYTES = Buffer.from('12345')

function client () {
  const heard: string[] = []
  let leave: () => void = () => {}
  const outlet: Outlet = {
    begin (status) { heard.push(`begin ${status}`) },
    write (bytes) {
      heard.push(`write ${bytes.length}`)
      return false
    },
    end (bytes) { heard.push(`end ${bytes?.length ?? 0}`) },
    cut () { heard.push('cut') },
    onDrain () {},
    onClosed () {},
    onGone (listener) { leave = listener }
  }
  return { heard, outlet, leave: () => { leave() } }
}

function recording ({ limitBytes = 100, held = new HeldBytes(1_000), drains = createDrains(manualClock()) } = {}) {
  const recorded: Recorded[] = []
  let commit: () => void = () => {}
  const committed = new Promise<void>((resolve) => { commit = resolve })
  const { heard, outlet, leave } = client()
  const recorder = new Recorder(outlet, {
    limitBytes,
    held,
    drains,
    end (what) {
      recorded.push(what)
      return committed
    }
  })
  const told = { gone: 0, drained: 0 }
  recorder.onGone(() => { told.gone++ })
  recorder.onDrain(() => { told.drained++ })
  return { recorder, recorded, heard, leave, told, held, commit: async () => { commit(); await turn() } }
}

async function turn (): Promise<void> {
  await new Promise((resolve) => { setImmediate(resolve) })
}

function answerOf (recorded: readonly Recorded[]): KeptAnswer | undefined {
  const [first] = recorded
  return first?.kind === 'answered' ? first.answer : undefined
}

t.test('the last bytes, and the cut, wait until the answer is kept', async (t) => {
  for (const how of ['end', 'cut'] as const) {
    const { recorder, recorded, heard, held, commit } = recording()
    recorder.begin(200, ['a', 'b'])
    recorder.write(BYTES)
    recorder[how]()
    await turn()
    t.same(heard, ['begin 200', 'write 5'])
    await commit()
    t.same(heard.at(-1), how === 'end' ? 'end 0' : 'cut')
    t.same(answerOf(recorded), { status: 200, headers: ['a', 'b'], ending: how === 'end' ? 'whole' : 'cut', body: BYTES })
    t.equal(held.taken, 0)
  }
})

t.test('headers are written down as the exchange gave them, whatever the outlet adds to its list', async (t) => {
  const { recorder, recorded } = recording()
  const headers = ['a', 'b']
  recorder.begin(200, headers)
  headers.push('access-control-allow-origin', 'http://one.example')
  recorder.end()
  t.same(answerOf(recorded)?.headers, ['a', 'b'])
})

t.test('a client that leaves stops nothing: its exchange writes on, and hears that there is room', async (t) => {
  const { recorder, recorded, heard, told, leave } = recording()
  recorder.begin(200, [])
  t.equal(recorder.write(BYTES), false)
  leave()
  t.same(told, { gone: 0, drained: 1 })
  t.equal(recorder.write(BYTES), true)
  recorder.end(BYTES)
  t.same(heard, ['begin 200', 'write 5'], 'nothing is written to a connection that is gone')
  t.equal(answerOf(recorded)?.body?.length, 15)
})

t.test('an exchange without a client ends when no place is free, its time is over, or its answer gets too long', async (t) => {
  const full = recording({ drains: NOBODY })
  full.leave()
  t.equal(full.told.gone, 1)

  const clock = manualClock()
  const slow = recording({ drains: createDrains(clock) })
  slow.leave()
  clock.pass(60_000)
  t.equal(slow.told.gone, 1)

  const long = recording({ limitBytes: 8 })
  long.recorder.begin(200, [])
  long.leave()
  long.recorder.write(BYTES)
  t.equal(long.told.gone, 0)
  long.recorder.write(BYTES)
  t.equal(long.told.gone, 1)

  const early = recording({ limitBytes: 4 })
  early.recorder.begin(200, [])
  early.recorder.write(BYTES)
  early.leave()
  t.equal(early.told.gone, 1, 'it could not be kept any more when the client left')
})

t.test('the place of an exchange without a client is free again at its end', async (t) => {
  const drains = createDrains(manualClock())
  const { recorder, leave } = recording({ drains })
  leave()
  t.equal(drains.running, 1)
  recorder.begin(200, [])
  recorder.end()
  t.equal(drains.running, 0)
})

t.test('all recordings together are bounded, and what is over is delivered without being kept', async (t) => {
  const held = new HeldBytes(8)
  const first = recording({ held })
  const second = recording({ held })
  for (const { recorder } of [first, second]) {
    recorder.begin(200, [])
    recorder.write(BYTES)
  }
  t.equal(held.taken, 5)
  second.recorder.end()
  await second.commit()
  t.equal(answerOf(second.recorded)?.body, undefined)
  t.match(answerOf(second.recorded), { status: 200 })
  t.same(second.heard, ['begin 200', 'write 5', 'end 0'])
  t.equal(held.taken, 5)
  first.recorder.end()
  await first.commit()
  t.equal(held.taken, 0)
})

t.test('a store that refuses does not keep the client from its answer, and the key is given back', async (t) => {
  const alarms: string[] = []
  const refusing: IdempotentAnswers = {
    find: () => undefined,
    keep: () => Promise.reject(new Error('disk full')),
    free: () => Promise.reject(new Error('disk full'))
  }
  const replays = new Replays({
    answers: refusing,
    limitBytes: 100,
    held: new HeldBytes(100),
    drains: createDrains(manualClock()),
    alarm (message) { alarms.push(message) }
  })
  const request = { key: randomBytes(32), request: randomBytes(32) }
  for (const isUnserved of [false, true]) {
    const claim = replays.claim(request)
    if (claim.kind !== 'claimed') throw new Error('the key was not given back')
    t.throws(() => replays.claim(request), { code: 'idempotency_in_flight' })
    const { heard, outlet } = client()
    const recorder = claim.record(outlet)
    if (isUnserved) recorder.noteUnserved?.()
    recorder.begin(200, [])
    recorder.end(BYTES)
    await turn()
    t.same(heard, ['begin 200', 'end 5'])
  }
  t.equal(alarms.length, 2)
})
