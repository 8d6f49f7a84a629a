// From the body of a client to its ceiling: whichever limit a provider goes by, and whatever it reads beyond the body,
// what it then tells costs no more than was reserved.

import fc from 'fast-check'
import t from 'tap'
import type { Task } from '../../src/core/ask.ts'
import { readJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts'
import { measure } from '../../src/exchange/measure.ts'
import { costOf } from '../../src/metering/cost.ts'
import { ceilingOf } from '../../src/metering/estimate.ts'
import { readEnvelope } from '../../src/wire/openai-chat/envelope.ts'
import { png, wav } from '../wire/images.ts'
import { price } from '../routing/samples.ts'

const WINDOW = 128_000
const PRICE = price({ input: '2.5', cache_read: '1.25', output: '10' })
const MODEL = { contextWindow: WINDOW, maxOutputTokens: undefined }

interface Used {
  readonly input: number
  readonly output: number
}

/** Whether a provider that tells this usage, after it got this body, is booked within the ceiling. */
function isBounded (task: Task, body: JsonObject, used: Used, modelId?: string): boolean {
  const envelope = readEnvelope(readJsonObject(Buffer.from(JSON.stringify(body))), task)
  const ceiling = ceilingOf({ task, envelope, model: MODEL, modelId, price: PRICE })
  const told = measure(task, { prompt_tokens: used.input, completion_tokens: used.output }, envelope)
  const { amount, grade } = costOf(told, PRICE, { ceiling, isFree: false })
  return ceiling !== undefined && amount !== undefined && grade === 'reported' && amount <= ceiling
}

const limit = fc.option(fc.nat({ max: 100_000 }), { nil: null })
const times = fc.integer({ min: 1, max: 20 })
const limits = { max_tokens: limit, max_completion_tokens: limit, n: fc.option(times, { nil: null }) }

/** The most that any provider may take the limits for; one that got none writes up to the window. */
function mostTokens ({ max_tokens: older, max_completion_tokens: newer }: JsonObject): number {
  const given = [older, newer].filter((limit) => typeof limit === 'number')
  return given.length === 0 ? WINDOW : Math.max(...given)
}

const texts = fc.array(fc.string(), { minLength: 1, maxLength: 100 })
const tokens = fc.array(fc.nat({ max: 200_000 }), { minLength: 1, maxLength: 20 })
const prompts = fc.oneof(
  fc.string().map((prompt) => ({ prompt: prompt as JsonValue, count: 1, input: Buffer.byteLength(prompt) })),
  texts.map((prompt) => ({ prompt, count: prompt.length, input: Buffer.byteLength(prompt.join('')) + prompt.length })),
  tokens.map((prompt) => ({ prompt, count: 1, input: prompt.length })),
  fc.array(tokens, { minLength: 1, maxLength: 20 }).map((prompt) =>
    ({ prompt, count: prompt.length, input: prompt.flat().length }))
)

t.test('property: lists of prompts, `best_of`, `n` and both limits stay within the ceiling', async () => {
  const bestOf = fc.option(times, { nil: null })
  fc.assert(fc.property(prompts, fc.record({ ...limits, best_of: bestOf }), ({ prompt, count, input }, rest) => {
    const output = count * Math.max(rest.n ?? 1, rest.best_of ?? 1) * mostTokens(rest)
    return isBounded('completion', { model: 'm', prompt, ...rest }, { input, output })
  }), { numRuns: 2_000 })
})

const text = fc.string().map((text) => ({ part: { type: 'text', text } as JsonObject, isText: true }))
const other = fc.constantFrom<JsonObject[]>(
  { type: 'file', file: { file_id: 'f' } },
  { type: 'image_url', image_url: { url: 'https://a.example/b' } },
  { type: 'input_audio', input_audio: { data: 'AA', format: 'mp3' } },
  { type: 'video_url', video_url: { url: 'https://a.example/b' } }
).map((part) => ({ part, isText: false }))

t.test('property: chat with files, images and audio stays within the ceiling when they fill the window', async () => {
  const content = fc.array(fc.oneof(text, other), { minLength: 1, maxLength: 4 })
  fc.assert(fc.property(content, fc.record(limits), (items, rest) => {
    const body = { model: 'm', messages: [{ role: 'user', content: items.map(({ part }) => part) }], ...rest }
    const input = items.every(({ isText }) => isText) ? JSON.stringify(body.messages).length : WINDOW
    return isBounded('chat', body, { input, output: (rest.n ?? 1) * mostTokens(rest) })
  }), { numRuns: 2_000 })
})

/** As Gemini bills it: by tiles of 768 px at the least, unless it is small. */
function tokensOf (width: number, height: number): number {
  const tiles = [width, height].map((px) => Math.ceil(Math.min(px, 3_072) / 768))
  return Math.max(width, height) <= 384 ? 258 : 258 * (tiles[0] ?? 0) * (tiles[1] ?? 0)
}

const photo = fc.record({ width: fc.integer({ min: 1, max: 9_000 }), height: fc.integer({ min: 1, max: 9_000 }) })
  .map(({ width, height }) => ({
    part: { type: 'image_url', image_url: { url: `data:image/png;base64,${png(width, height).toString('base64')}` } },
    tokens: tokensOf(width, height)
  }))
const sound = fc.nat({ max: 600_000 }).map((bytes) => ({
  part: { type: 'input_audio', input_audio: { data: wav(bytes).toString('base64'), format: 'wav' } },
  tokens: Math.ceil(32 * bytes / 32_000)
}))
const sentence = fc.string().map((text) => ({ part: { type: 'text', text }, tokens: Buffer.byteLength(text) }))

t.test('property: images and recordings by the formulas of their provider stay within the ceiling', async (t) => {
  let belowWindow = 0
  fc.assert(fc.property(fc.array(fc.oneof(photo, sound, sentence), { minLength: 1, maxLength: 4 }), (items) => {
    const body = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: items.map(({ part }) => part) }] }
    const used = { input: items.reduce((sum, { tokens }) => sum + tokens, 0) + 1_000, output: 9 }
    if (!isBounded('chat', body, { ...used, input: WINDOW }, 'gemini-2.5-flash')) belowWindow++
    return isBounded('chat', body, used, 'gemini-2.5-flash')
  }), { numRuns: 300 })
  t.ok(belowWindow > 200, `${belowWindow} of the bounds were below the window`)
})

t.test('the megabytes of a photograph are not taken for text, and a model nobody knows still gets its window', async (t) => {
  const url = `data:image/png;base64,${Buffer.concat([png(1_024, 1_024), Buffer.alloc(3_000_000)]).toString('base64')}`
  const body = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] }
  const bounded = (input: number, modelId?: string) => isBounded('chat', body, { input, output: 9 }, modelId)
  t.same([bounded(765 + 1_000, 'gpt-4o'), bounded(3_000, 'gpt-4o')], [true, false])
  t.same([bounded(WINDOW, 'llava'), bounded(WINDOW + 1_000, 'llava')], [true, false])
})
