// Events that cannot be read: noise is left out and counted, a damaged event breaks the stream.

import t from 'tap'
import { StreamBroken } from '../../src/wire/format.ts'
import { withoutNotNumbers } from '../../src/wire/not-number.ts'
import { ChatStream } from '../../src/wire/openai-chat/stream.ts'
import { contentIn, DONE, ended, however, PLAIN, read, ROLE, STOP, text, usage } from './streams.ts'

const NOISE = [
  'data: ping\n\n', 'data: <html><body>502</body></html>\n\n', 'data: [1,2]\n\n', 'data: null\n\n', 'data: "text"\n\n',
  'data: \u00ff\u0000\u0001\n\n', 'upstream connect error\n\n', 'event: log\ndata: retrying\n\n', 'data: }\n\n'
]
const DAMAGED = [
  'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"ind\n\n',
  'data: {broken json}\n\n',
  'data: {"id":}\n\n',
  'data: {\n\n',
  'data:   {"choices"\n\n',
  'data: l.completion.chunk","choices":[{"index":0,"delta":{"content":"b"}}]}\n\n',
  '{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"b"}}]}\n\n'
]
const PLACES: ReadonlyArray<readonly [name: string, around: (event: string) => string]> = [
  ['first', (event) => event + ROLE + text('a') + text('b') + STOP + DONE],
  ['before the first output', (event) => ROLE + event + text('a') + text('b') + STOP + DONE],
  ['between two events', (event) => ROLE + text('a') + event + text('b') + STOP + DONE],
  ['far behind the first output', (event) => ROLE + text('a') + text('') + event + text('') + text('b') + STOP + DONE],
  ['behind the finish', (event) => ROLE + text('a') + text('b') + STOP + event + DONE]
]

t.test('noise is left out and counted, wherever it stands and however TCP cut it', async (t) => {
  for (const noise of NOISE) {
    for (const [name, around] of PLACES) {
      however(Buffer.from(around(noise)), (pieces) => {
        const { out, reader, isComplete } = read(pieces)
        if (out !== ended(around('')) || reader.dropped !== 1 || !isComplete) t.fail(`${JSON.stringify(noise)} ${name}: ${out}`)
      })
    }
  }
  t.pass(`${NOISE.length} kinds at ${PLACES.length} places`)
})

t.test('a damaged event breaks the stream, wherever it stands and however TCP cut it', async (t) => {
  for (const damaged of DAMAGED) {
    for (const [name, around] of PLACES) {
      however(Buffer.from(around(damaged)), (pieces) => {
        const reader = new ChatStream(PLAIN)
        try {
          for (const piece of pieces) reader.push(piece)
          t.fail(`${JSON.stringify(damaged)} ${name}`)
        } catch (error) {
          if (!(error instanceof StreamBroken)) throw error
        }
      })
    }
  }
  t.pass(`${DAMAGED.length} kinds at ${PLACES.length} places`)
})

t.test('a broken event is noticed in a burst of a thousand, in every framing and spelling', async (t) => {
  const spaced = (event: string) => event.replaceAll('":', '": ').replaceAll(',"', ', "')
  const named = (event: string) => event.replace('data:', 'event: message\ndata:')
  const shapes: ReadonlyArray<(event: string) => string> = [
    (event) => event,
    spaced,
    named,
    (event) => event.replace('data: ', 'data:'),
    (event) => event.replaceAll('\n', '\r\n'),
    (event) => event.replaceAll('\n', '\r')
  ]
  for (const shape of shapes) {
    const burst = Array.from({ length: 1_000 }, (_, at) => shape(text(`${at} `)))
    const around = (event: string) => [shape(text('start')), [...burst, event, ...burst].join('')]
    t.equal(read(around(shape('data: ping\n\n'))).reader.dropped, 1)
    t.throws(() => read(around(shape('data: {"id":"chatcmpl-1","ob\n\n'))), /damaged/)
    t.equal(read(around('')).reader.events, 2_001)
  }
})

t.test('in an exact relay noise passes as it came, and a damaged event breaks the stream all the same', async (t) => {
  for (const [, around] of PLACES) {
    for (const noise of NOISE) {
      const { out, reader } = read([around(noise)], { isExact: true })
      t.equal(out, around(noise))
      t.equal(reader.dropped, 0, 'nothing was left out')
    }
    for (const damaged of DAMAGED) t.throws(() => read([around(damaged)], { isExact: true }), /damaged/)
  }
})

t.test('a hundred pieces of noise are borne, one more is not; empty data is borne for ever', async (t) => {
  for (const isExact of [false, true]) {
    t.ok(read([text('a'), 'data: ping\n\n'.repeat(100), STOP], { isExact }).isComplete)
    t.throws(() => read([text('a'), 'data: ping\n\n'.repeat(101), STOP], { isExact }), /more than 100/)
    t.ok(read([text('a'), 'data: \n\n'.repeat(1_000), 'data:\n\n'.repeat(1_000), STOP], { isExact }).isComplete)
  }
})

t.test('an error a server writes without `data:` is its error', async (t) => {
  for (const end of ['\n\n', '\n', '']) {
    const { reader, isComplete, out } = read([text('a'), `{"error":{"message":"overloaded"}}${end}`])
    t.match(reader.error, { error: { message: 'overloaded' } })
    t.notOk(isComplete)
    t.equal(contentIn(out), 'a')
    t.notMatch(out, /overloaded/)
  }
})

t.test('an event with NaN in it is whole: the rest of it counts', async (t) => {
  const nan = text('b').replace('"b"', '"NaN b"').replace('"index":0', '"index":0,"score":NaN,"low":-Infinity')
  const { out, isComplete } = read([ROLE + nan + STOP + usage({ prompt_tokens: 3, completion_tokens: 2, extra: 5 }).replace('5', 'NaN') + DONE])
  t.ok(isComplete)
  t.equal(contentIn(out), 'NaN b')
  t.match(out, /"score":null,"low":null/)
  t.match(out, /"extra":null/)
})

t.test('NaN is replaced outside of strings only, and in time that grows with the text', async (t) => {
  t.equal(withoutNotNumbers('{"a":NaN,"NaN":"NaN \\" NaN","b":[-Infinity,Infinity]}'),
    '{"a":null,"NaN":"NaN \\" NaN","b":[null,null]}')
  for (const unclosed of ['"NaN', '"NaN\\', 'NaN "\\"']) t.type(withoutNotNumbers(unclosed), 'string')
  const hostile = `NaN "${'\\"'.repeat(500_000)}\\`
  const started = process.cpuUsage()
  withoutNotNumbers(hostile)
  t.ok(process.cpuUsage(started).user < 2_000_000, 'a megabyte of escaped quotes')
})
