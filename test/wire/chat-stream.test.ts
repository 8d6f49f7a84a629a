import t from 'tap'
import { ChatStream } from '../../src/wire/openai-chat/stream.ts'
import { chunk, DONE, ended, however, PLAIN, read } from './streams.ts'

const text = (content: string, reason: string | null = null) =>
  chunk({ choices: [{ index: 0, delta: { content }, finish_reason: reason }], usage: null })
const USAGE = chunk({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } })
const WHOLE = `: comment\n\n${text('Grüße 🌍')}${text('b')}${text('', 'stop')}${USAGE}${DONE}`

t.test('in an exact relay every byte of the stream reaches the client, however TCP cut it', async (t) => {
  for (const framing of ['\n', '\r\n', '\r']) {
    const bytes = Buffer.from(WHOLE.replaceAll('\n', framing))
    however(bytes, (pieces) => {
      const { out, isComplete, reader } = read(pieces, { isExact: true })
      t.ok(isComplete)
      t.equal(reader.usage?.['prompt_tokens'], 3)
      // The sentinel is written by the tail in LF framing; everything before it is the provider's own.
      t.equal(out.replace(/data: \[DONE\]\s+$/, ''), bytes.toString().replace(/data: \[DONE\]\s+$/, ''))
    })
  }
})

t.test('null members go, the rest stays, and the result does not depend on how TCP cut the stream', async (t) => {
  const bytes = Buffer.from(WHOLE)
  const expected = ended(WHOLE.replaceAll(',"usage":null', ''))
    .replace('"usage":{', '"usage":{"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0},')
  however(bytes, (pieces) => { t.equal(read(pieces).out, expected) })
})

t.test('a usage chunk that only we asked for is kept back, and read', async (t) => {
  const { out, reader } = read([Buffer.from(WHOLE)], { hidesUsage: true })
  t.notMatch(out, /prompt_tokens/)
  t.match(out, /\[DONE\]/)
  t.equal(reader.usage?.['total_tokens'], 5)
})

t.test('a client that asked for usage gets cost and x_aibroker in that chunk', async (t) => {
  const { out } = read([Buffer.from(WHOLE)], {
    additionsFor: () => ({ provider: '"Groq"', cost: '0.00025', xAibroker: '{"attempts":1}' })
  })
  const usage = out.split('\n\n').find((event) => event.includes('prompt_tokens')) ?? ''
  const value = JSON.parse(usage.slice('data: '.length))
  t.match(value, { provider: 'Groq', x_aibroker: { attempts: 1 }, usage: { prompt_tokens: 3, cost: 0.00025 } })
})

t.test('a stream without a terminal event is not complete, at whatever byte it was cut', async (t) => {
  const bytes = Buffer.from(WHOLE)
  const finishEnd = bytes.indexOf('"finish_reason":"stop"')
  for (let length = 0; length < finishEnd; length++) {
    const { isComplete, out } = read([bytes.subarray(0, length)])
    t.notOk(isComplete, `cut at byte ${length}`)
    t.notMatch(out, /\[DONE\]/)
    for (const event of out.split('\n\n')) {
      if (event.startsWith('data: ')) JSON.parse(event.slice(6)) // only whole events went out
    }
  }
})

t.test('every choice finished and no sentinel is complete; one of two finished is not', async (t) => {
  const finished = (index: number) => chunk({ choices: [{ index, delta: {}, finish_reason: 'stop' }] })
  t.ok(read([Buffer.from(text('a') + finished(0))]).isComplete)
  t.match(read([Buffer.from(text('a') + finished(0))]).out, /\[DONE\]/)
  t.notOk(read([Buffer.from(text('a') + finished(0))], { choices: 2 }).isComplete)
  t.ok(read([Buffer.from(finished(1) + finished(0))], { choices: 2 }).isComplete)
})

t.test('P6 an empty finish_reason is none: a stream that has no other one was cut', async (t) => {
  const events = ['Hel', 'lo'].map((content) => text(content, '')).join('')
  for (const isExact of [false, true]) {
    const { isComplete, out } = read([Buffer.from(events)], { isExact })
    t.notOk(isComplete)
    t.notMatch(out, '[DONE]')
  }
  t.ok(read([Buffer.from(events + text('', 'stop'))]).isComplete)
})

t.test('P6 the reason to stop "error" ends no whole answer, with or without the sentinel behind it', async (t) => {
  for (const end of ['', DONE]) {
    const { reader, isComplete, out } = read([Buffer.from(text('Hel') + text('', 'error') + end)])
    t.notOk(isComplete)
    t.ok(reader.error)
    t.notMatch(out, '[DONE]')
  }
})

t.test('an error event is kept back and ends the stream', async (t) => {
  const error = 'data: {"error":{"message":"overloaded","code":"x"}}\n\n'
  const { reader, out, isComplete } = read([Buffer.from(text('a') + text('b') + error + DONE)])
  t.match(reader.error, { error: { message: 'overloaded' } })
  t.notOk(isComplete)
  t.match(out, /"b"/)
  t.notMatch(out, /overloaded|DONE/)
})

t.test('a model that writes about errors, usage and finish reasons does not confuse us', async (t) => {
  const tricky = '"error" prompt_tokens" finish_reason":" "usage":null data: [DONE]'
  const { out, isComplete, reader } = read([Buffer.from(text('start') + text(tricky) + text('', 'stop') + DONE)])
  t.ok(isComplete)
  t.equal(reader.error, undefined)
  t.equal(reader.usage, undefined)
  const contents = out.split('\n\n').filter((event) => event.includes('choices')).map((event) => JSON.parse(event.slice(6)).choices[0].delta.content)
  t.strictSame(contents, ['start', tricky, ''])
})

t.test('an event that never ends is a broken stream', async (t) => {
  const endless = new ChatStream(PLAIN)
  t.throws(() => { for (let sent = 0; sent < 10; sent++) endless.push(Buffer.alloc(1024 * 1024, 'x')) }, /longer than/)
})
