// Counting beside the event loop: what is counted, what is given up, and that nobody waits for ever.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { countTokens as countCl100k } from 'gpt-tokenizer/encoding/cl100k_base'
import { countTokens as countO200k } from 'gpt-tokenizer/encoding/o200k_base'
import t, { type Test } from 'tap'
import { systemClock, type Clock } from '../../src/core/clock.ts'
import { encodingOf, wholeEncodingOf } from '../../src/metering/encodings.ts'
import { COUNTING_THREAD, FIRST_REST_MS, LONGEST_MS, STUCK_MS, ThreadedCounter } from '../../src/metering/token-counter.ts'
import { countByPieces, LONGEST_PIECE, piecesOf } from '../../src/metering/token-pieces.ts'
import { compiled } from '../compiled.ts'

const THREAD = pathToFileURL(await compiled('src/metering/counting-thread.ts'))
const AS_WORDS = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() }
const o200k = (text: string) => countO200k(text, AS_WORDS)
const cl100k = (text: string) => countCl100k(text, AS_WORDS)

const PROSE = 'The broker keeps the keys; apps hold a capability. "Nothing leaves," it said (twice), for 1234.50 EUR.\n  if (a) { b() }\n'

/** Test machines are busy: only a thread that ends is not waited for. */
const PATIENT: Clock = { ...systemClock, after: (ms, fn) => systemClock.after(20 * ms, fn) }

function counterOf (t: Test, thread = THREAD, clock: Clock = PATIENT) {
  const counter = new ThreadedCounter({ clock, thread })
  t.teardown(() => { counter.close() })
  return counter
}

/** A thread whose program is `text`. */
function threadOf (t: Test, text: string): URL {
  const folder = mkdtempSync(join(tmpdir(), 'aibroker-test-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  writeFileSync(join(folder, 'thread.mjs'), `import { parentPort } from 'node:worker_threads'\n${text}\n`)
  return pathToFileURL(join(folder, 'thread.mjs'))
}

/** Timers go off when the test says so. */
function heldClock () {
  const due: Array<{ readonly ms: number, fn: (() => void) | undefined }> = []
  return {
    due,
    after (ms: number, fn: () => void) {
      const timer: { readonly ms: number, fn: (() => void) | undefined } = { ms, fn }
      due.push(timer)
      return () => { timer.fn = undefined }
    }
  }
}

t.test('words are counted as the tokenizers count them, marks among them as words', async (t) => {
  const counter = counterOf(t)
  for (const text of ['', 'hello world', 'a <|endoftext|> b', '今天天气很好', PROSE, PROSE.repeat(50)]) {
    t.equal(await counter.count('o200k_base', [text]), o200k(text), text.slice(0, 20))
    t.equal(await counter.count('cl100k_base', [text]), cl100k(text), text.slice(0, 20))
  }
  t.equal(await counter.count('o200k_base', ['hello', ' world', 'x']), o200k('hello') + o200k(' world') + 1)
})

const anyWord = fc.oneof(
  fc.string({ unit: 'grapheme' }), fc.lorem({ maxCount: 20 }), fc.string({ unit: fc.constantFrom('天', '气', 'ก', '한', 'é', 'A', "'", '😀') }),
  fc.constantFrom('a'.repeat(700), ' '.repeat(600), '天气'.repeat(400), '\n'.repeat(300), '1'.repeat(500), '{"a":[1,2,3]},'.repeat(60))
)
const anyText = fc.array(anyWord, { maxLength: 12 }).map((words) => words.join(''))

t.test('property: pieces make up the text, are short, and never count for less than the whole', async () => {
  fc.assert(fc.property(anyText, (text) => {
    const pieces = [...piecesOf(text)].map(({ text }) => text)
    return pieces.join('') === text && pieces.every((piece) => piece.length > 0 && piece.length <= LONGEST_PIECE) &&
      countByPieces(text, o200k) >= o200k(text) && countByPieces(text, cl100k) >= cl100k(text)
  }), { numRuns: 400 })
})

t.test('property: prose of any length counts for exactly what it is', async () => {
  fc.assert(fc.property(fc.array(fc.lorem({ mode: 'sentences' }), { maxLength: 60 }), (sentences) => {
    const text = sentences.join('\n')
    return countByPieces(text, o200k) === o200k(text) && countByPieces(text, cl100k) === cl100k(text)
  }), { numRuns: 100 })
})

t.test('the event loop goes on while a text is counted that a tokenizer takes long for', async (t) => {
  const counter = counterOf(t)
  await counter.count('o200k_base', ['warm'])
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  let turns = 0
  const timer = setInterval(() => { turns++ }, 5)
  await counter.count('o200k_base', ['今天天气很好我们去公园散步吧'.repeat(4_000)])
  clearInterval(timer)
  delay.disable()
  t.ok(turns > 3, `${turns} turns of the loop meanwhile, the longest of ${Math.round(delay.max / 1e6)} ms`)
})

t.test('more than 200,000 characters are not counted', async (t) => {
  const counter = counterOf(t, threadOf(t, 'parentPort.on("message", ({ id }) => parentPort.postMessage({ id, tokens: 7 }))'))
  t.equal(await counter.count('o200k_base', ['a'.repeat(100_000), 'b'.repeat(100_000)]), 7)
  t.equal(await counter.count('o200k_base', ['a'.repeat(100_000), 'b'.repeat(100_001)]), undefined)
})

t.test('a count that takes too long is given up, a thread that is stuck too, and the next need starts another', async (t) => {
  const clock = heldClock()
  const go = (wanted: number) => { clock.due.find(({ ms, fn }) => ms === wanted && fn)?.fn?.() }
  const onlyFirst = 'let calls = 0; parentPort.on("message", ({ id, texts }) => { if (calls++ === 0 && texts[0] === "b") parentPort.postMessage({ id, tokens: 2 }) })'
  const counter = counterOf(t, threadOf(t, onlyFirst), { ...systemClock, ...clock })
  const waiting = [counter.count('o200k_base', ['a']), counter.count('o200k_base', ['a'])]
  go(LONGEST_MS)
  t.equal(await waiting[0], undefined)
  go(STUCK_MS)
  t.equal(await waiting[1], undefined, 'whoever waits for a stuck thread')
  t.equal(await counter.count('o200k_base', ['b']), 2)
})

t.test('at most 32 wait at a time', async (t) => {
  const clock = heldClock()
  const counter = counterOf(t, threadOf(t, 'parentPort.on("message", () => {})'), { ...systemClock, ...clock })
  const waiting = Array.from({ length: 32 }, (_, at) => counter.of(`key${at % 4}`).count('o200k_base', ['a']))
  t.equal(await counter.count('o200k_base', ['a']), undefined)
  counter.close()
  t.same(new Set(await Promise.all(waiting)), new Set([undefined]))
  t.equal(await counter.count('o200k_base', ['a']), undefined, 'closed')
})

t.test('one key may have a few texts waiting, and they are counted in turn with those of others', async (t) => {
  const echo = 'let order = 0; parentPort.on("message", ({ id }) => setImmediate(() => parentPort.postMessage({ id, tokens: ++order })))'
  const counter = counterOf(t, threadOf(t, echo))
  const much = Array.from({ length: 12 }, () => counter.of('much').count('o200k_base', ['a']))
  const little = [counter.of('little').count('o200k_base', ['a']), counter.of('less').count('o200k_base', ['a'])]
  t.same(await Promise.all(little), [3, 4], 'behind one that runs and one more of the key that was there first')
  t.same(await Promise.all(much), [1, 2, 5, 6, 7, 8, 9, 10, 11, undefined, undefined, undefined])
})

t.test('a thread that breaks is started again after a rest, longer each time; a count makes it short again', async (t) => {
  const clock = heldClock()
  const rest = () => clock.due.findLast(({ fn }) => fn)
  const program = 'parentPort.on("message", ({ id, texts }) => { if (texts[0] === "bad") throw new Error("no"); parentPort.postMessage({ id, tokens: 1 }) })'
  const counter = counterOf(t, threadOf(t, program), { ...systemClock, ...clock })
  const breakOff = async (restMs: number) => {
    t.equal(await counter.count('o200k_base', ['bad']), undefined)
    t.equal(await counter.count('o200k_base', ['good']), undefined, 'it rests')
    t.equal(rest()?.ms, restMs)
    rest()?.fn?.()
  }
  for (const restMs of [FIRST_REST_MS, 2 * FIRST_REST_MS, 4 * FIRST_REST_MS]) await breakOff(restMs)
  t.equal(await counter.count('o200k_base', ['good']), 1)
  await breakOff(FIRST_REST_MS)
  t.equal(await counter.count('o200k_base', ['good']), 1)
})

t.test('without a tokenizer, or a thread that can start, nothing is counted and nobody is told an error', async (t) => {
  for (const [name, thread] of [
    ['not installed', threadOf(t, 'parentPort.on("message", ({ id }) => parentPort.postMessage({ id, tokens: undefined }))')],
    ['it throws', threadOf(t, 'throw new Error("no")')],
    ['it ends', threadOf(t, 'process.exit(0)')],
    ['no such file', new URL('./none.mjs', COUNTING_THREAD)]
  ] as const) t.equal(await counterOf(t, thread).count('o200k_base', ['a']), undefined, name)
})

t.test('the thread ends after a minute without work', async (t) => {
  const clock = heldClock()
  const counter = counterOf(t, THREAD, { ...systemClock, ...clock })
  t.equal(await counter.count('o200k_base', ['hello']), 1)
  clock.due.find(({ ms, fn }) => ms === 60_000 && fn)?.fn?.()
  t.equal(await counter.count('o200k_base', ['hello']), 1, 'and starts again')
})

t.test('models and their tokenizers', async (t) => {
  t.equal(encodingOf('openai/gpt-5.4-mini'), 'o200k_base')
  t.equal(encodingOf('gpt-oss-120b'), 'o200k_base')
  t.equal(encodingOf('gpt-4-0613'), 'cl100k_base')
  for (const id of ['gpt-4o', 'gpt-4o-2024-08-06', 'openai/gpt-4.1-nano']) t.equal(wholeEncodingOf(id), 'o200k_base', id)
  for (const id of ['gpt-4-turbo-2024-04-09', 'gpt-3.5-turbo-0125', 'text-embedding-3-small']) t.equal(wholeEncodingOf(id), 'cl100k_base', id)
  for (const id of ['o3', 'gpt-5', 'gpt-5-chat-latest', 'gpt-4o-search-preview', 'gpt-4o-audio-preview', 'gpt-4.5-preview', 'llama-3', 'gpt-4o:online']) {
    t.equal(wholeEncodingOf(id), undefined, id)
  }
  for (const id of ['claude-opus-4-7', 'my-gpt-4o', 'gpt-9', '']) t.equal(encodingOf(id), undefined, id)
})
