// Server-sent events as careless servers frame them. Whatever the framing and wherever TCP cuts the bytes, the client
// gets the same whole events, and the same answer is read.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream

import t from 'tap'
import { EventBlocks, LONGEST_EVENT_BYTES, LONGEST_IMAGE_EVENT_BYTES } from '../../src/wire/event-blocks.ts'
import { NamedEventStream } from '../../src/wire/named-events.ts'
import { ChatStream } from '../../src/wire/openai-chat/stream.ts'
import { chunk, contentIn, DONE, ended, eventsIn, however, PLAIN, read, readWith, ROLE, STOP, text, usage } from './streams.ts'

const TOLD = {
  prompt_tokens: 3,
  completion_tokens: 2,
  total_tokens: 5,
  prompt_tokens_details: { cached_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0 }
}
const WORDS = ROLE + text('Grüße ') + text('🌍🏳️‍🌈') + text(' 世界') + text('\n\n"}') + text(' end')
const SAID = 'Grüße 🌍🏳️‍🌈 世界\n\n"} end'
const WHOLE = WORDS + STOP + usage(TOLD) + DONE

const FRAMINGS: ReadonlyArray<readonly [name: string, framed: (stream: string) => string]> = [
  ['LF', (stream) => stream],
  ['CRLF', (stream) => stream.replaceAll('\n', '\r\n')],
  ['CR alone', (stream) => stream.replaceAll('\n', '\r')],
  ['lines that end in either way', (stream) => stream.replaceAll('}\n\n', '}\n\r\n')],
  ['a byte order mark', (stream) => `\ufeff${stream}`],
  ['a byte order mark before a comment', (stream) => `\ufeff: hello\n\n${stream}`],
  ['no space behind the colon', (stream) => stream.replaceAll('data: ', 'data:')],
  ['comments', (stream) => stream.replaceAll('data: {', ': OPENROUTER PROCESSING\n\n:\n\ndata: {')],
  ['a comment inside an event', (stream) => stream.replaceAll('data: {', ': busy\ndata: {')],
  ['id, event and retry', (stream) => stream.replaceAll('data: {', 'id: 7\nevent: message\nretry: 10\ndata: {')],
  ['fields in lines of CRLF', (stream) => stream.replaceAll('data: {', 'id: 7\nevent: x\ndata: {').replaceAll('\n', '\r\n')],
  ['fields behind the data', (stream) => stream.replaceAll('}\n\n', '}\nid: 7\n\n')],
  ['fields without a value', (stream) => stream.replaceAll('data: {', 'id\nevent\ndata: {')],
  ['events of fields alone', (stream) => stream.replaceAll('data: {', 'event: ping\n\nid: 3\n\ndata: {')],
  ['more empty lines than one', (stream) => stream.replaceAll('\n\n', '\n\n\n\n\n')],
  ['empty lines first', (stream) => `\n\n\n${stream}`],
  ['spaces around the sentinel', (stream) => stream.replace('[DONE]', ' [DONE] ')]
]

const READ = {
  isComplete: true, isEmpty: false, total: 5, events: 8, hasOutput: true, dropped: 0, upstreamId: 'chatcmpl-1'
}

/** The usage event goes out last, and how many empty lines stood around it is not kept. */
function spaced (stream: string): string {
  return stream.trimEnd().replace(/\n{3,}/g, '\n\n')
}

t.test('in every framing the client gets every byte, however TCP cut it, and the same answer is read', async (t) => {
  for (const [name, framed] of FRAMINGS) {
    for (const isExact of [false, true]) {
      const stream = framed(WHOLE)
      however(Buffer.from(stream), (pieces) => {
        const { reader, out, isComplete, isEmpty } = read(pieces, { isExact })
        const { events, hasOutput, dropped, upstreamId } = reader
        t.same({ isComplete, isEmpty, total: reader.usage?.['total_tokens'], events, hasOutput, dropped, upstreamId }, READ, name)
        if (spaced(out) !== spaced(isExact ? stream : framed(ended(WHOLE)))) t.fail(`${name}: ${JSON.stringify(out)}`)
      })
    }
    t.pass(name)
  }
})

t.test('JSON over several data lines is one event', async (t) => {
  const lines = (event: string) => event.replace('data: {', 'data: {\ndata: ').replace(',"choices"', '\ndata: ,"choices"')
  for (const lineEnd of ['\n', '\r\n', '\r']) {
    const stream = ([ROLE, text('a'), text('b'), STOP].map(lines).join('') + DONE).replaceAll('\n', lineEnd)
    however(Buffer.from(stream), (pieces) => {
      const { out, isComplete, reader } = read(pieces)
      const isRead = isComplete && reader.hasOutput && reader.events === 4
      if (out.trimEnd() !== stream.trimEnd() || !isRead) t.fail(JSON.stringify(out))
    })
  }
  t.throws(() => read([ROLE + lines(text('a')).replace(']}', '')]), /damaged/)
})

t.test('an answer is complete without a sentinel, also when the last blank line is missing', async (t) => {
  for (const end of ['', '\n', '\n\n']) {
    for (const stream of [WORDS + STOP, WORDS + STOP + usage(TOLD)]) {
      however(Buffer.from(stream.trimEnd() + end), (pieces) => {
        const { out, isComplete } = read(pieces)
        if (!isComplete || contentIn(out) !== SAID || !out.endsWith(DONE)) t.fail(JSON.stringify(out))
      })
    }
  }
  t.pass()
})

t.test('a second sentinel, and all that follows the first, is for nobody', async (t) => {
  however(Buffer.from(`${WHOLE}${DONE}${text('late')}data: ping\n\ndata: {"id\n\n`), (pieces) => {
    const { out, isComplete, reader } = read(pieces)
    if (!isComplete || out !== ended(WHOLE) || reader.dropped > 0) t.fail(JSON.stringify(out))
  })
  t.pass()
})

t.test('of several usages the last counts, wherever they stand; null is none', async (t) => {
  const first = usage({ prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 })
  const none = chunk({ choices: [], usage: null })
  const streams = [
    ROLE + first + WORDS + STOP + usage(TOLD) + DONE,
    WORDS + STOP + first + usage(TOLD) + DONE,
    usage(TOLD) + WORDS + none + STOP + none + DONE,
    ROLE + usage(TOLD) + text('a') + none + STOP
  ]
  for (const stream of streams) {
    however(Buffer.from(stream), (pieces) => {
      const { out, isComplete, reader } = read(pieces)
      if (!isComplete || reader.usage?.['total_tokens'] !== 5) t.fail(JSON.stringify(out))
      if (contentIn(out) !== contentIn(stream)) t.fail('content was lost')
      if (out.includes('"usage":null')) t.fail('strict clients throw on null')
    })
  }
  t.pass()
})

t.test('events after the finish reason pass, also such that write on', async (t) => {
  const stream = text('a') + STOP + text('b') + chunk({ choices: [], x_late: 1 }) + usage(TOLD) + DONE
  however(Buffer.from(stream), (pieces) => {
    const { out, isComplete } = read(pieces)
    if (!isComplete || out !== ended(stream)) t.fail(JSON.stringify(out))
  })
  t.pass()
})

t.test('a character cut in two by TCP is whole for the client, and one cut by the end of the stream is not shown', async (t) => {
  const bytes = Buffer.from(WORDS)
  for (let length = 0; length < bytes.length; length++) {
    const { out, isComplete } = read([bytes.subarray(0, length)])
    if (isComplete || out.includes('\ufffd')) t.fail(`at byte ${length}`)
    eventsIn(out)
  }
  t.pass()
})

t.test('a million empty lines cost neither memory nor much time', async (t) => {
  const empty = Buffer.alloc(64 * 1024, '\n')
  const reader = new ChatStream(PLAIN)
  reader.push(Buffer.from(text('a')))
  const started = process.cpuUsage()
  for (let lines = 0; lines < 1_000_000; lines += empty.length) reader.push(empty)
  t.ok(process.cpuUsage(started).user < 1_000_000)
  reader.push(Buffer.from(STOP))
  t.equal(reader.finish().isComplete, true)
})

t.test('an event without an end breaks the stream at 1 MiB, in whatever pieces it comes', async (t) => {
  for (const bytes of [1, 1_000, 64 * 1024]) {
    const blocks = new EventBlocks()
    const piece = Buffer.alloc(bytes, 'x')
    let sent = 0
    t.throws(() => { for (; sent < 2 * LONGEST_EVENT_BYTES; sent += bytes) blocks.push(piece) }, /longer than 1 MiB/)
    t.ok(sent <= LONGEST_EVENT_BYTES, `after ${sent} bytes in pieces of ${bytes}`)
  }
  const lines = new EventBlocks()
  t.throws(() => { for (let at = 0; at < 200_000; at++) lines.push(Buffer.from('data: x\n')) }, /longer/, 'of many lines')
})

t.test('an event of 1 MiB passes whole, and the next is measured anew', async (t) => {
  const blocks = new EventBlocks()
  for (let round = 0; round < 3; round++) {
    blocks.push(Buffer.alloc(LONGEST_EVENT_BYTES - 4, 'x'))
    t.equal(blocks.push(Buffer.from('\n\nrest'))?.length, LONGEST_EVENT_BYTES + (round === 0 ? -2 : 2))
  }
})

t.test('held bytes cost about as much memory as they are, also in pieces of one byte', async (t) => {
  const blocks = new EventBlocks()
  const before = process.memoryUsage()
  for (let at = 0; at < LONGEST_EVENT_BYTES; at++) blocks.push(Buffer.from('x'))
  const after = process.memoryUsage()
  const grown = after.external + after.heapUsed - before.external - before.heapUsed
  t.ok(grown < 64 * LONGEST_EVENT_BYTES, `${grown} bytes`) // an object for each piece would be twice as much
})

t.test('a picture may be larger: it has to come in one event', async (t) => {
  const picture = 'A'.repeat(4 * 1024 * 1024)
  const image = `data: ${JSON.stringify({ type: 'image_generation.completed', b64_json: picture })}\n\n`
  const inPieces = (event: string) => event.match(/[^]{1,65536}/g) ?? []
  t.equal(readWith(new NamedEventStream({ ...PLAIN, task: 'image' }), inPieces(image)).out, image)
  const drawn = chunk({
    choices: [{ index: 0, delta: { images: [{ image_url: { url: `data:image/png;base64,${picture}` } }] }, finish_reason: 'stop' }]
  })
  t.match(read(inPieces(drawn)), { isComplete: true, isEmpty: false })
  const endless = new EventBlocks()
  endless.push(Buffer.from('data: {"b64_json":"'))
  const piece = Buffer.alloc(1024 * 1024, 'A')
  t.throws(() => { for (let sent = 0; sent <= LONGEST_IMAGE_EVENT_BYTES; sent += piece.length) endless.push(piece) }, /16 MiB/)
})
