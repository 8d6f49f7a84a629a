// Counts that are wrong by orders of magnitude are not believed; whatever a provider could have counted is.

import fc from 'fast-check'
import t from 'tap'
import type { Envelope, Task } from '../../src/core/ask.ts'
import type { Usage } from '../../src/core/usage.ts'
import { measure } from '../../src/exchange/measure.ts'
import { doubtOf, type Asked } from '../../src/metering/doubt.ts'
import { envelope } from '../routing/samples.ts'

const MODEL = { contextWindow: 128_000, maxOutputTokens: 100_000 }

function doubt (usage: Usage, changes: Partial<Envelope> = {}, rest: Partial<Asked> = {}): string | undefined {
  return doubtOf(usage, { task: 'chat', envelope: envelope(changes), model: MODEL, ...rest })
}

t.test('more input than the body has bytes, and a provider puts before them, is not believed', async (t) => {
  t.equal(doubt({ input: 66_536 }), undefined)
  t.equal(doubt({ input: 66_537 }), 'told 66537 input tokens for a body of 1000 bytes')
  t.match(doubt({ input: 30_000, cache_read: 40_000 }), /70000 input/)
  t.equal(doubt({ input: 500_000 }, { bodyBytes: 500_000 }), undefined)
  t.equal(doubt({ input: 120_000 }, { drafts: 2 }), undefined, 'some count the prompt for each text')
})

t.test('with input that the body does not show, twice the window is believed', async (t) => {
  t.equal(doubt({ image_input: 250_000 }, { openInputs: 1 }), undefined)
  t.match(doubt({ image_input: 400_000 }, { openInputs: 9 }), /400000 input/, 'all of a chat shares one window')
  t.equal(doubt({ input: 400_000 }, { rerank: { documents: 1_000, queryBytes: 300 } }, { task: 'rerank' }), undefined)
  t.equal(doubt({ input: 400_000 }, { openInputs: 9 }, { task: 'embedding' }), undefined, 'each input has its own')
  t.equal(doubt({ input: 2_000_000 }, { openInputs: 1 }, { model: undefined }), undefined)
  t.match(doubt({ input: 3_000_000 }, { openInputs: 1 }, { model: undefined }), /3000000/)
})

t.test('more output than twice what the model can write, or was asked for, is not believed', async (t) => {
  t.equal(doubt({ output: 150_000, reasoning: 50_000 }), undefined)
  t.equal(doubt({ output: 150_000, reasoning: 50_001 }), 'told 200001 output tokens, more than the model can write')
  t.equal(doubt({ output: 200_000 }, { maxOutputTokens: 10 }), undefined, 'reasoning may not count against a limit')
  t.equal(doubt({ output: 400_000 }, { maxOutputTokens: 200_000 }), undefined, 'the catalog may be behind the model')
  t.match(doubt({ output: 2_000_000 }, { maxOutputTokens: 2_000_000_000 }), /2000000 output/, 'a limit nobody can fill')
  t.equal(doubt({ output: 400_000 }, { choices: 2 }), undefined)
  t.equal(doubt({ output: 600_000 }, { choices: 2, drafts: 3 }), undefined)
  const small = { model: { contextWindow: 8_192, maxOutputTokens: 4_096 } }
  t.equal(doubt({ output: 131_072 }, {}, small), undefined)
  t.match(doubt({ output: 131_073 }, {}, small), /131073 output/)
  t.equal(doubt({ output: 2_000_000 }, {}, { model: undefined }), undefined)
  t.match(doubt({ output: 3_000_000 }, {}, { model: undefined }), /3000000 output/)
})

t.test('more time than fits into the bytes, even as silence, is not believed', async (t) => {
  const asked = { task: 'transcription' as const }
  t.equal(doubt({ audio_ms: 200_000 }, {}, asked), undefined)
  t.match(doubt({ audio_ms: 200_001 }, {}, asked), /200 seconds of audio in a body of 1000 bytes/)
  t.equal(doubt({ audio_ms: 3_600_000 }, { bodyBytes: 500_000 }, asked), undefined, 'an hour at 1 kbit/s')
})

t.test('what is doubted leaves no count and no money behind, only the doubt', async (t) => {
  const usage = { prompt_tokens: 900_000_000, completion_tokens: 5, cost: 0.5 }
  t.same(measure('chat', usage, envelope(), MODEL), {
    usage: {}, reportedCost: undefined, isTold: false, doubt: 'told 900000000 input tokens for a body of 1000 bytes'
  })
  t.match(measure('speech', { input_tokens: 900_000_000, output_tokens: 1 }, envelope({ characters: 5 })), { usage: {} })
})

t.test('property: what fits into body and window is never doubted', async () => {
  const task = fc.constantFrom<Task>('chat', 'completion', 'embedding', 'moderation')
  const sizes = fc.record({ bodyBytes: fc.nat({ max: 10_000_000 }), choices: fc.integer({ min: 1, max: 128 }) })
  fc.assert(fc.property(task, sizes, fc.double({ min: 0, max: 1, noNaN: true }), (task, sizes, share) => {
    const input = Math.floor(share * sizes.bodyBytes)
    const output = Math.floor(share * MODEL.maxOutputTokens * sizes.choices)
    return doubt({ input, output }, sizes, { task }) === undefined
  }), { numRuns: 1_000 })
})
