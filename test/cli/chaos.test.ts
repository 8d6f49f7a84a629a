// aibroker chaos as a process, and the failover that its snippet stages.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { PLAYS } from '../../src/chaos/plays.ts'
import { startChaos } from '../../src/chaos/server.ts'
import { failoverSnippet, STAGED_MODEL } from '../../src/chaos/snippet.ts'
import { textOf } from '../../src/chaos/text.ts'
import { gateway, post } from '../helper.ts'
import { aibroker, collect, emptyHome, start } from './command.ts'

const CHAT = { messages: [{ role: 'user', content: 'say it' }] }

async function running (t: Test, args: readonly string[], home = emptyHome(t)) {
  const child = await start(t, ['chaos', '--port', '0', ...args], { home })
  const ended = collect(child)
  if (!child.stdout) throw new Error('stdout is not piped')
  const [line] = await once(createInterface(child.stdout), 'line') as [string]
  const stop = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return ended
  }
  return { told: JSON.parse(line), stop, home }
}

t.test('it starts with a line of JSON, plays its play, writes the truth and ends cleanly on a signal', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { told, stop, home } = await running(t, ['--play', 'down', '--truth', 'truth.jsonl'])
    t.match(told, { ok: true, listen: /^http:\/\/127\.0\.0\.1:\d+$/ })
    t.equal((await post(`${told.listen}/v1/chat/completions`, { ...CHAT, model: 'any' })).status, 503)
    const well = await post(`${told.listen}/v1/chat/completions`, { ...CHAT, model: 'chaos/well' })
    t.equal(well.json().choices[0].message.content, textOf(60))

    const { code, stdout, stderr } = await stop(signal)
    t.equal(code, 0, signal)
    t.equal(stdout.split('\n').length, 2, 'one line')
    t.equal(stderr, '', 'nobody reads along')
    const events = readFileSync(join(home, 'truth.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line).event)
    t.same(events, ['received', 'answered', 'closed', 'received', 'answered', 'closed'])
  }
})

t.test('a signal ends it also while a caller waits for an answer that never comes', async (t) => {
  const { told, stop } = await running(t, ['--play', 'silent-after-head'])
  const waiting = await fetch(`${told.listen}/v1/chat/completions`, { method: 'POST', body: '{"stream":true}' })
  t.equal(waiting.status, 200)
  t.equal((await stop('SIGTERM')).code, 0)
  await t.rejects(waiting.text())
})

t.test('every play is listed, for people and as JSON', async (t) => {
  const people = await aibroker(t, ['chaos', '--list'])
  t.equal(people.code, 0)
  t.match(people.stdout, /^dies +8 +the connection closes after 40 of 60 tokens$/m)
  const { data } = JSON.parse((await aibroker(t, ['chaos', '--list', '--json'])).stdout)
  t.same(data.map(({ name }: { name: string }) => name), [...PLAYS.keys()])
  t.match(data.find(({ name }: { name: string }) => name === 'down'), { faults: [4, 16], says: '503, always' })
})

t.test('the help describes it, and the top help names it', async (t) => {
  const own = await aibroker(t, ['chaos', '--help'])
  t.equal(own.code, 0)
  for (const flag of ['--host', '--port', '--play', '--truth', '--list', '--json']) t.match(own.stdout, `${flag} `)
  t.match(own.stdout, /\nExamples:\n {2}aibroker chaos --list/)
  t.match((await aibroker(t, ['--help'])).stdout, /^ {2}chaos /m)
})

t.test('a play that does not exist and a port that is none are wrong usage', async (t) => {
  const play = await aibroker(t, ['chaos', '--play', 'stall', '--json'])
  t.equal(play.code, 2)
  t.match(JSON.parse(play.stderr), { error: { message: /no play is called "stall" \(did you mean stalls\?\)/ } })
  const port = await aibroker(t, ['chaos', '--port', 'high'])
  t.equal(port.code, 2)
  t.match(port.stderr, /^aibroker: --port must be a whole number/)
})

t.test('a port that is taken and a truth file that cannot be opened are failures that say so', async (t) => {
  const { told } = await running(t, [])
  const taken = await aibroker(t, ['chaos', '--port', new URL(told.listen).port])
  t.equal(taken.code, 1)
  t.match(taken.stderr, /^aibroker: cannot listen on 127\.0\.0\.1:\d+: something listens there already/)
  const file = await aibroker(t, ['chaos', '--port', '0', '--truth', 'no/such/folder/truth.jsonl'])
  t.equal(file.code, 1)
  t.match(file.stderr, /^aibroker: .*ENOENT/)
})

t.test('the snippet stages a failover: the first backend fails, the second one answers and is billed', async (t) => {
  const server = await startChaos()
  t.teardown(() => server.close())
  const { url } = await gateway(t, { config: failoverSnippet(server.url, 'status-500') })
  const answer = await post(`${url}/chat/completions`, { ...CHAT, model: STAGED_MODEL })
  t.equal(answer.status, 200)
  t.match(answer.json(), {
    choices: [{ message: { content: textOf(60) } }], x_aibroker: { provider: 'chaos-fallback', model_id: 'chaos/well' }
  })
  t.equal(server.calls.at(-1)?.play, 'well')
  t.ok(server.calls.slice(0, -1).every(({ play }) => play === 'status-500'))
})
