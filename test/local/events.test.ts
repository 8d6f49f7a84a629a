// The event log on a real disk: what a line says, that lines keep their order, and that failures stay its own.

import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openEventLog, type BrokerEvent } from '../../src/local/events.ts'

const clock = { nowMs: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678) }
const request: BrokerEvent = { kind: 'request', path: '/v1/chat/completions', ok: true, status: 200, mode: 'dry_run' }

function newLog (t: Test) {
  const path = join(t.testdir({}), 'events.jsonl')
  const log = openEventLog(path, clock)
  t.teardown(() => log.close())
  return { path, log, lines: () => readFileSync(path, 'utf8').split('\n').slice(0, -1) }
}

t.test('a line has exactly the agreed fields, in their order', async (t) => {
  const { log, lines } = newLog(t)
  log.append(request)
  log.append({ kind: 'health', path: '/healthz', ok: true, status: 200 })
  log.append({ kind: 'request', path: '/v1/x', ok: false, status: 502, mode: 'proxy', error: 'unreachable' })
  await log.flush()

  t.same(lines(), [
    '{"time":"2026-01-02T03:04:05Z","kind":"request","path":"/v1/chat/completions","ok":true,"status":200,"mode":"dry_run"}',
    '{"time":"2026-01-02T03:04:05Z","kind":"health","path":"/healthz","ok":true,"status":200}',
    '{"time":"2026-01-02T03:04:05Z","kind":"request","path":"/v1/x","ok":false,"status":502,"mode":"proxy","error":"unreachable"}'
  ])
})

t.test('a query, where keys travel, is not written, and neither is an endless path', async (t) => {
  const { log, lines } = newLog(t)
  log.append({ ...request, path: '/v1/models?key=sk-secret' })
  log.append({ ...request, path: `/${'x'.repeat(5000)}` })
  await log.flush()

  t.equal(lines()[0]?.includes('secret'), false)
  t.ok((lines()[1]?.length ?? 0) < 700)
})

t.test('only the owner may read it, also when the file was there before', async (t) => {
  const { path, log } = newLog(t)
  writeFileSync(path, '')
  chmodSync(path, 0o644)
  log.append(request)
  await log.flush()
  t.equal(statSync(path).mode & 0o777, 0o600)
})

t.test('lines keep their order through many turns and writes', async (t) => {
  const { log, lines } = newLog(t)
  for (let status = 0; status < 500; status++) {
    log.append({ ...request, status })
    if (status % 50 === 0) await log.flush()
  }
  await log.flush()
  t.same(lines().map((line) => JSON.parse(line).status), Array.from({ length: 500 }, (_, status) => status))
})

t.test('closing writes what is waiting; what comes later is lost and counted', async (t) => {
  const { log, lines } = newLog(t)
  log.append(request)
  await log.close()
  log.append(request)

  t.equal(lines().length, 1)
  t.same(log.lost, { lines: 1, reason: 'the log is closed' })
})

t.test('a file that would pass 10 MiB becomes .1, over an earlier one, and both stay private', async (t) => {
  const { path, log, lines } = newLog(t)
  writeFileSync(`${path}.1`, 'earlier\n')
  writeFileSync(path, '\n')
  truncateSync(path, 10 * 1024 * 1024 - 40)
  appendFileSync(path, '\n')
  log.append(request)
  await log.flush()
  log.append(request)
  await log.flush()

  t.equal(lines().length, 2)
  t.ok(statSync(`${path}.1`).size > 10_000_000)
  t.equal(statSync(`${path}.1`).mode & 0o777, 0o600)
  t.equal(statSync(path).mode & 0o777, 0o600)
})

t.test('after a line that was cut short the next one starts on its own', async (t) => {
  const { path, log, lines } = newLog(t)
  writeFileSync(path, '{"time":"2026-01-0')
  log.append(request)
  await log.flush()

  t.equal(lines().length, 2)
  t.equal(JSON.parse(lines()[1] ?? '').status, 200)
})

t.test('a log that cannot be written loses lines, says so, and works again when it can', async (t) => {
  const { path, log, lines } = newLog(t)
  mkdirSync(path)
  log.append(request)
  log.append(request)
  await log.flush()
  t.match(log.lost, { lines: 2, reason: /EISDIR/ })

  rmSync(path, { recursive: true })
  log.append(request)
  await log.flush()
  t.equal(lines().length, 1)
  t.equal(log.lost.lines, 2)
})

t.test('more lines than memory should hold are lost, not kept', async (t) => {
  const { log, lines } = newLog(t)
  for (let line = 0; line < 10_050; line++) log.append(request)
  await log.flush()

  t.equal(lines().length, 10_000)
  t.match(log.lost, { lines: 50, reason: /too slow/ })
})

t.test('nothing is created before the first line', async (t) => {
  const { path, log } = newLog(t)
  await log.flush()
  t.equal(existsSync(path), false)
})
