// The server around the plays: what it counts, what it writes down, how it is told to go.

import { readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import { startChaos } from '../../src/chaos/server.ts'
import { firstCalls, inTakes, play } from '../../src/chaos/play.ts'
import { status, tokens, wait } from '../../src/chaos/step.ts'
import { steppedClock } from '../catalog/stepped-clock.ts'
import { call, Caller, chaos, chat, requestOf } from './caller.ts'

t.test('takes are counted per play and begin again on reset', async (t) => {
  const server = await chaos(t, { play: inTakes('503 twice, then well', firstCalls(2, [status(503)])) })
  const statuses = async (count: number) => {
    const seen = []
    for (let time = 0; time < count; time++) seen.push((await call(server)).status)
    return seen
  }
  t.same(await statuses(3), [503, 503, 200])
  t.equal((await call(server, { model: 'chaos/error-once' })).status, 500, 'another play has its own count')
  server.reset()
  t.same(await statuses(3), [503, 503, 200])
})

t.test('the truth file tells what came, what went out and who ended it, a line each', async (t) => {
  const truthPath = join(t.testdir({}), 'truth.jsonl')
  const server = await chaos(t, { truthPath })
  const lines = () => readFileSync(truthPath, 'utf8').trim().split('\n').map((line) => JSON.parse(line))

  const whole = await call(server, { model: 'chaos/well' })
  const cut = await call(server, { model: 'chaos/dies' })
  const leaver = new Caller(server.port)
  leaver.send(requestOf(chat({ model: 'chaos/mute' })))
  await until(() => server.calls.length === 3)
  t.match(lines().at(-1), { event: 'received', call: 3 }, 'received is on the disk before anything is answered')
  leaver.socket.destroy()
  await until(() => server.calls[2]?.end !== undefined)

  const body = chat({ model: 'chaos/well' })
  t.match(lines(), [
    {
      event: 'received',
      call: 1,
      connection: 1,
      play: 'well',
      path: '/v1/chat/completions',
      model: 'chaos/well',
      stream: true,
      body_bytes: body.length,
      body_sha256: createHash('sha256').update(body).digest('hex')
    },
    { event: 'answered', call: 1, tokens: 60, bytes: whole.bytes.length },
    { event: 'closed', call: 1, by: 'provider', cancelled: false, tokens: 60, bytes: whole.bytes.length },
    { event: 'received', call: 2, play: 'dies' },
    { event: 'closed', call: 2, by: 'provider', cancelled: false, tokens: 40, bytes: cut.bytes.length },
    { event: 'received', call: 3, play: 'mute' },
    { event: 'closed', call: 3, by: 'caller', cancelled: true, tokens: 0, bytes: 0 }
  ])
  t.equal(lines().length, 7)
})

t.test('the truth file of a server before is carried on, never overwritten', async (t) => {
  const truthPath = join(t.testdir({ truth: '{"event":"closed"}\n' }), 'truth')
  await call(await chaos(t, { truthPath }))
  t.match(readFileSync(truthPath, 'utf8'), /^\{"event":"closed"\}\n\{"event":"received","call":1,/)
})

t.test('a caller that leaves midway is told apart from one that has everything', async (t) => {
  const clock = steppedClock()
  const server = await chaos(t, { play: play('slow', [tokens(10), wait(1_000), tokens(60)]), clock })
  const caller = new Caller(server.port)
  caller.send(requestOf(chat()))
  await caller.until(({ text }) => text.endsWith('token-10'))
  t.equal(clock.waiting, 1)
  caller.socket.destroy()
  await until(() => server.calls[0]?.end !== undefined)
  t.match(server.calls[0], { tokensSent: 10, isAnswered: false, end: { by: 'caller', wasCancelled: true } })
  t.equal(clock.waiting, 0, 'nothing waits for somebody who has left')

  const patient = new Caller(server.port)
  patient.send(requestOf(chat({ model: 'chaos/well' })))
  await patient.until(({ isWhole }) => isWhole)
  patient.socket.destroy()
  await until(() => server.calls[1]?.end !== undefined)
  t.match(server.calls[1], { isAnswered: true, end: { by: 'provider', wasCancelled: false } })
})

t.test('a caller that leaves with its whole answer has cancelled nothing, though the play goes on', async (t) => {
  const server = await chaos(t, { play: 'stray-answer-later', clock: steppedClock() })
  const caller = new Caller(server.port)
  caller.send(requestOf(chat()))
  await caller.until(({ isWhole }) => isWhole)
  caller.socket.destroy()
  await until(() => server.calls[0]?.end !== undefined)
  t.match(server.calls[0], { isAnswered: true, end: { by: 'caller', wasCancelled: false } })
})

t.test('jitter comes from the random source that was given', async (t) => {
  const waits: number[] = []
  const clock = {
    nowMs: () => 0,
    monotonicMs: () => 0,
    after (ms: number, fn: () => void) {
      waits.push(ms)
      setImmediate(fn)
      return () => {}
    }
  }
  const server = await chaos(t, { play: play('jitters', [tokens(3, 100, 64)]), clock, random: (bytes) => { bytes.fill(128) } })
  await call(server)
  t.same(waits, [132, 132, 132])
})

t.test('closing cuts what is under way, and nobody listens any more', async (t) => {
  const server = await startChaos({ play: 'mute' })
  const caller = new Caller(server.port)
  caller.send(requestOf(chat()))
  await until(() => server.calls.length === 1)
  await Promise.all([server.close(), server.close()])
  await caller.end()
  const late = new Caller(server.port)
  await late.end()
  t.equal(late.heard.bytes, '')
})

t.test('a play that does not exist, a port that is taken and a file that cannot be written are refused', async (t) => {
  await t.rejects(startChaos({ play: 'nonsense' }), { message: /no play is called "nonsense"/ })
  const { port } = await chaos(t)
  await t.rejects(startChaos({ port }), { code: 'EADDRINUSE' })
  await t.rejects(startChaos({ truthPath: join(t.testdir({}), 'no', 'such', 'folder') }), { code: 'ENOENT' })
})

async function until (isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => { setImmediate(resolve) })
}
