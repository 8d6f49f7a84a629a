// The dry run as an upstream: what it tells, how it keeps to the listener's rules, and that it repeats itself.

import { PassThrough, Readable } from 'node:stream'
import t from 'tap'
import { asObject, type JsonObject } from '../../src/core/json.ts'
import type { UpstreamListener } from '../../src/exchange/upstream.ts'
import { dryRun as provider } from '../../src/providers/dry-run/provider.ts'
import { answerTo, callOf, dryRun, eventsTo, hear, NOW_MS } from './dry-run-call.ts'

const CHAT = '/v1/chat/completions'
const hello = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] }
const marks = {
  ok: true,
  mode: 'dry_run',
  forward: {
    url: `https://api.openai.com${CHAT}`,
    path: CHAT,
    secret_source: 'env:OPENAI_API_KEY',
    would_attach_bearer_token: true
  }
}

/** Lets everything that is due happen: more turns of the event loop than any answer here has steps. */
async function settle (): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => { setImmediate(resolve) })
}

function listener (heard: string[]): UpstreamListener {
  return {
    onHead (status) { heard.push(`head ${status}`) },
    onData () { heard.push('bytes') },
    onEnd () { heard.push('end') },
    onFailure ({ kind, reason }) { heard.push(`${kind}: ${reason}`) }
  }
}

t.test('the provider is free, needs no credential and has an address nobody can reach', async (t) => {
  t.equal(provider.isFree, true)
  t.equal(provider.needsCredential, false)
  t.match(new URL(provider.baseUrl).hostname, /\.invalid$/)
})

t.test('an answer shows what would be forwarded, and the request as it was read', async (t) => {
  t.match(await answerTo(CHAT, hello), { ...marks, request: hello })
})

t.test('a stream carries the same on the last event the client sees, whether it asked for usage or not', async (t) => {
  const plain = await eventsTo(CHAT, { ...hello, stream: true })
  const counted = await eventsTo(CHAT, { ...hello, stream: true, stream_options: { include_usage: true } })

  t.match(plain.at(-1), { ...marks, choices: [{ finish_reason: 'stop' }] })
  t.match(counted.at(-2), { ...marks, choices: [{ finish_reason: 'stop' }] })
  t.match(counted.at(-1), { ...marks, choices: [], usage: { is_estimated: true } })
  t.equal(plain.some((event) => 'usage' in event), false)
})

t.test('no answer has what strict clients throw on', async (t) => {
  const answer = await answerTo(CHAT, hello)
  const events = await eventsTo(CHAT, { ...hello, stream: true, stream_options: { include_usage: true } })

  t.type(answer['system_fingerprint'], 'string')
  t.match(answer['usage'], { prompt_tokens_details: { cached_tokens: 0 }, completion_tokens_details: { reasoning_tokens: 0 } })
  for (const event of events) {
    t.not(event['usage'], null)
    for (const choice of choicesOf(event)) {
      t.type(choice['index'], 'number')
      t.ok('finish_reason' in choice)
      t.notOk(Object.values(asObject(choice['delta']) ?? {}).includes(null))
    }
  }
})

t.test('as many choices come as were asked for, each with its end', async (t) => {
  const answer = await answerTo(CHAT, { ...hello, n: 3 })
  const events = await eventsTo(CHAT, { ...hello, n: 3, stream: true })
  const finished = events.flatMap(choicesOf).filter((choice) => choice['finish_reason'] === 'stop')

  t.same(choicesOf(answer).map(({ index }) => index), [0, 1, 2])
  t.same(finished.map(({ index }) => index), [0, 1, 2])
})

t.test('retired function calls, custom tools and allowed tools are answered in their own spelling', async (t) => {
  const custom = { type: 'custom', custom: { name: 'sql' } }
  const legacy = await answerTo(CHAT, { ...hello, functions: [{ name: 'f' }], function_call: { name: 'f' } })
  const called = await answerTo(CHAT, { ...hello, tools: [custom], tool_choice: custom })
  const allowed = await answerTo(CHAT, {
    ...hello, tools: [custom], tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [custom] } }
  })
  const free = await answerTo(CHAT, { ...hello, tools: [custom], tool_choice: 'auto' })

  t.match(choicesOf(legacy)[0], { finish_reason: 'function_call', message: { function_call: { name: 'f', arguments: '{}' } } })
  t.match(choicesOf(called)[0], { message: { tool_calls: [{ type: 'custom', custom: { name: 'sql', input: /^\[dry run\]/ } }] } })
  t.match(choicesOf(allowed)[0], { message: { tool_calls: [{ custom: { name: 'sql' } }] } })
  t.match(choicesOf(free)[0], { finish_reason: 'stop', message: { content: /^\[dry run\]/ } })
})

t.test('the same request gives the same bytes, and only ids tell two of them apart', async (t) => {
  const body = { ...hello, stream: true }
  const [one, two] = [dryRun().upstream, dryRun().upstream]
  const first = await hear(one, callOf(CHAT, body))
  const again = await hear(one, callOf(CHAT, body))

  t.equal((await hear(two, callOf(CHAT, body))).text, first.text)
  t.not(again.text, first.text)
  t.equal(again.text.replaceAll(/dry-\w+-\w+/g, 'id'), first.text.replaceAll(/dry-\w+-\w+/g, 'id'))
  t.match(JSON.parse(first.text.slice(6, first.text.indexOf('\n'))), { created: NOW_MS / 1000 })
})

t.test('headers are those of a provider', async (t) => {
  const { upstream } = dryRun()
  const plain = await hear(upstream, callOf(CHAT, hello))
  const stream = await hear(upstream, callOf(CHAT, { ...hello, stream: true }))

  t.match(plain.headers, { 'content-type': 'application/json', 'content-length': String(plain.text.length) })
  t.match(plain.headers['date'], 'Fri, 02 Jan 2026 03:04:05 GMT')
  t.match(stream.headers, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  t.equal(stream.chunks.every((chunk) => chunk.toString().endsWith('\n\n')), true, 'one whole event a chunk')
})

t.test('every call leaves one line in the event log', async (t) => {
  const { upstream, events } = dryRun()
  await hear(upstream, callOf(CHAT, hello))
  await hear(upstream, callOf(CHAT, Buffer.from('[1]')))

  t.same(events, [
    { kind: 'request', path: CHAT, ok: true, status: 200, mode: 'dry_run' },
    { kind: 'request', path: CHAT, ok: false, status: 400, mode: 'dry_run' }
  ])
})

t.test('an address it does not know is shown, not answered; an empty body counts as {}', async (t) => {
  const heard = await hear(dryRun().upstream, callOf('/v1/ocr', Buffer.alloc(0)))
  t.same(Object.keys(JSON.parse(heard.text)), ['ok', 'mode', 'forward', 'request'])
  t.same(JSON.parse(heard.text).request, {})
})

t.test('a body too large for one event is measured instead of repeated', async (t) => {
  const events = await eventsTo(CHAT, { ...hello, stream: true, user: 'x'.repeat(5_000_000) })
  t.match(events.at(-1)?.['request'], { omitted_bytes: Number })
})

t.test('the listener is not called before send has returned', async (t) => {
  const heard: string[] = []
  dryRun().upstream.send(callOf(CHAT, hello), listener(heard))
  t.same(heard, [])
  await settle()
  t.same(heard, ['head 200', 'bytes', 'end'])
})

t.test('nothing comes while paused, and nothing is lost', async (t) => {
  const heard: string[] = []
  const whole = await hear(dryRun().upstream, callOf(CHAT, { ...hello, stream: true }))
  const handle = dryRun().upstream.send(callOf(CHAT, { ...hello, stream: true }), {
    ...listener(heard),
    onData () {
      heard.push('bytes')
      if (heard.length === 3) handle.pause()
    }
  })
  await settle()
  t.same(heard, ['head 200', 'bytes', 'bytes'])

  handle.resume()
  t.equal(heard.length, 3, 'resume itself delivers nothing')
  await settle()
  t.equal(heard.length, whole.chunks.length + 2)
  t.equal(heard.at(-1), 'end')
})

t.test('a cancelled call is silent for ever, whenever it was cancelled', async (t) => {
  const heard: string[] = []
  const early = dryRun().upstream.send(callOf(CHAT, hello), listener(heard))
  early.cancel()
  await settle()
  t.same(heard, [])

  const late = dryRun().upstream.send(callOf(CHAT, hello), {
    ...listener(heard),
    onHead () {
      heard.push('head')
      late.cancel()
      late.cancel()
      late.resume()
    }
  })
  await settle()
  t.same(heard, ['head'])
})

t.test('cancelling while the body still comes lets go of it', async (t) => {
  const heard: string[] = []
  const { upstream, events } = dryRun()
  const body = new PassThrough()
  const form = ['content-type', 'multipart/form-data; boundary=x']
  upstream.send(callOf('/v1/audio/transcriptions', body, form), listener(heard)).cancel()
  await settle()

  t.equal(body.destroyed, true)
  t.same(heard, [])
  t.same(events, [])
})

t.test('a body that breaks is a broken call', async (t) => {
  const body = Readable.from((function * () {
    yield Buffer.from('--x')
    throw new Error('the spool is gone')
  })())
  const call = callOf('/v1/audio/transcriptions', body, ['content-type', 'multipart/form-data; boundary=x'])
  const { failure } = await hear(dryRun().upstream, call)
  t.match(failure, { kind: 'broken', reason: /the spool is gone/ })
})

t.test('closing fails what is still running, paused calls too', async (t) => {
  const heard: string[] = []
  const { upstream } = dryRun()
  upstream.send(callOf(CHAT, hello), listener(heard)).pause()
  await settle()
  await upstream.close()
  await settle()
  t.same(heard, ['broken: the dry run was closed'])
})

function choicesOf (event: JsonObject): JsonObject[] {
  return event['choices'] as JsonObject[]
}
