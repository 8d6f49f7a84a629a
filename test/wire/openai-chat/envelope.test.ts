// What is read of a body: the bounds of what it may consume, whichever of its members a provider goes by.

import t from 'tap'
import type { Task } from '../../../src/core/ask.ts'
import { readJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts'
import { readEnvelope } from '../../../src/wire/openai-chat/envelope.ts'
import { png, wav } from '../images.ts'

function read (members: JsonObject, task: Task = 'chat') {
  return readEnvelope(readJsonObject(Buffer.from(JSON.stringify({ model: 'm', ...members }))), task)
}

const said = (...content: JsonValue[]) => read({ messages: [{ role: 'user', content }] })

t.test('of two limits the larger one counts', async (t) => {
  const limit = (members: JsonObject) => read(members).maxOutputTokens
  t.equal(limit({ max_completion_tokens: 1, max_tokens: 100_000 }), 100_000)
  t.equal(limit({ max_completion_tokens: 100_000, max_tokens: 1 }), 100_000)
  t.equal(limit({ max_tokens: 7 }), 7)
  t.equal(limit({ max_completion_tokens: 0, max_tokens: null }), undefined, 'some servers read 0 as no limit')
  t.equal(limit({}), undefined)
  t.throws(() => limit({ max_completion_tokens: 1, max_tokens: -1 }), { code: 'invalid_body' })
})

t.test('a list of prompts is answered one by one, `n` times each', async (t) => {
  const cases: ReadonlyArray<readonly [members: JsonObject, choices: number, drafts: number]> = [
    [{ prompt: 'a' }, 1, 1],
    [{ prompt: 'a', n: 3 }, 3, 3],
    [{ prompt: ['a', 'b'] }, 2, 2],
    [{ prompt: ['a', 'b'], n: 3 }, 6, 6],
    [{ prompt: [1, 2, 3] }, 1, 1],
    [{ prompt: [[1, 2], [3]] }, 2, 2],
    [{ prompt: [] }, 1, 1],
    [{}, 1, 1],
    [{ prompt: Array.from({ length: 100 }, () => 'a'), best_of: 5, n: 2 }, 200, 500],
    [{ prompt: 'a', best_of: 20 }, 1, 20],
    [{ prompt: 'a', best_of: 2, n: 4 }, 4, 4],
    [{ prompt: 'a', best_of: 0 }, 1, 1],
    [{ prompt: 'a', best_of: null }, 1, 1]
  ]
  for (const [members, choices, drafts] of cases) {
    const envelope = read(members, 'completion')
    t.same([envelope.choices, envelope.drafts], [choices, drafts], JSON.stringify(members).slice(0, 80))
  }
})

t.test('chat may be drafted too, but has no prompts', async (t) => {
  const { choices, drafts } = read({ n: 2, best_of: 6, prompt: ['a', 'b'] })
  t.same([choices, drafts], [2, 6])
})

t.test('tasks without text know no `best_of`', async (t) => {
  t.equal(read({ best_of: 'b', n: 2 }, 'image').drafts, 2)
})

t.test('absurd numbers of answers are refused, by the name of the member', async (t) => {
  for (const members of [{ best_of: 129 }, { best_of: -1 }, { best_of: 1.5 }, { best_of: '3' }, { n: 0 }, { n: 129 }]) {
    const [param] = Object.keys(members)
    t.throws(() => read(members, 'completion'), { code: 'invalid_body', extras: { param } }, JSON.stringify(members))
  }
})

t.test('text is bounded by its bytes', async (t) => {
  const texts: JsonValue[] =
    [{ type: 'text', text: 'a' }, { type: 'refusal', refusal: 'b' }, { type: 'input_text', text: 'c' }, 'd']
  t.equal(said(...texts).openInputs, 0)
  t.equal(read({ messages: [{ role: 'user', content: 'a' }, { role: 'assistant', content: null, audio: null }] }).openInputs, 0)
  t.equal(read({ messages: 'none' }).openInputs, 0)
  t.equal(read({}).openInputs, 0)
})

t.test('what is referred to, packed or not known is not bounded by its bytes', async (t) => {
  const parts: readonly JsonObject[] = [
    { type: 'file', file: { file_id: 'file-1' } },
    { type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA' } },
    { type: 'image_url', image_url: { url: 'https://pictures.example/1.png' } },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    { type: 'input_image', file_id: 'file-1' },
    { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } },
    { type: 'video_url', video_url: { url: 'https://pictures.example/1.mp4' } },
    { type: 'document_url', document_url: 'https://papers.example/1.pdf' },
    { file_id: 'file-1' }
  ]
  for (const part of parts) {
    t.equal(said({ type: 'text', text: 'a' }, part).openInputs, 1, JSON.stringify(part))
    t.equal(read({ messages: [{ role: 'user', content: part }] }).openInputs, 1, `alone: ${JSON.stringify(part)}`)
  }
  t.equal(said(...parts).openInputs, 1, 'all of them share one window')
  t.equal(read({ messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] }).openInputs, 1, 'an answer spoken before')
})

t.test('images and recordings are described, where all that is no text is one of them', async (t) => {
  const file = png(640, 480).toString('base64')
  const photo = { type: 'image_url', image_url: { url: `data:image/png;base64,${file}`, detail: 'low' } }
  const linked = { type: 'image_url', image_url: { url: 'https://pictures.example/1.png', detail: 'auto' } }
  const sound = wav(64_000).toString('base64')
  const spoken = { type: 'input_audio', input_audio: { data: sound, format: 'wav' } }
  t.same(said({ type: 'text', text: 'a' }, photo, linked, spoken).media, {
    inputs: [
      { kind: 'image', isLowDetail: true, size: { widthPx: 640, heightPx: 480 } },
      { kind: 'image', isLowDetail: false, size: undefined },
      { kind: 'audio', mostMs: 2_002 }
    ],
    bytes: file.length + sound.length
  })
  t.same(said({ type: 'image_url', image_url: `DATA:image/png;BASE64,${file}` }).media?.inputs,
    [{ kind: 'image', isLowDetail: false, size: { widthPx: 640, heightPx: 480 } }])
  for (const part of [
    { type: 'file', file: { file_id: 'file-1' } }, { type: 'input_image', file_id: 'file-1' }, { type: 'image_url' },
    { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } }, { type: 'video_url', video_url: { url: 'https://a.example/b' } }
  ]) t.equal(said(photo, part).media, undefined, JSON.stringify(part))
  t.equal(read({ messages: [{ role: 'user', content: [photo] }, { role: 'assistant', audio: { id: 'audio_1' } }] }).media, undefined)
  t.equal(said({ type: 'text', text: 'a' }).media, undefined)
  t.equal(read({ input: [{ image: 'https://a.example/b' }], messages: 'x' }, 'embedding').media, undefined)
})

t.test('the size of an image is not read from what decoders take differently; its lines may be broken', async (t) => {
  const file = png(64, 64).toString('base64')
  const sizeIn = (base64: string) =>
    said({ type: 'image_url', image_url: { url: `data:image/png;base64,${base64}` } }).media?.inputs
  for (const odd of [file.replace('A', 'A-'), file.replace('A', '_A'), `${file}==AAAA`, `iVBO=${file}`, `${file} !`]) {
    t.match(sizeIn(odd), [{ size: undefined }], odd.slice(0, 20))
  }
  t.match(sizeIn(file.replace('A', '\r\nA')), [{ size: { widthPx: 64, heightPx: 64 } }])
})

t.test('what only looks like a data URL is counted as the text it is', async (t) => {
  for (const url of ['data:image/png,%89PNG', 'data:image/png;base64', `data:${'x'.repeat(300)};base64,AAAA`, 'database64,AAAA']) {
    t.same(said({ type: 'image_url', image_url: { url } }).media,
      { inputs: [{ kind: 'image', isLowDetail: false, size: undefined }], bytes: 0 }, url.slice(0, 40))
  }
})

t.test('a file needs nothing of a model that would exclude it; images and audio do', async (t) => {
  t.same(said({ type: 'file', file: { file_id: 'file-1' } }).needs, [])
  t.same(said({ type: 'image_url' }, { type: 'input_audio' }, { type: 'input_image' }).needs, ['vision', 'audio_input'])
  t.same(read({ tools: [{}], messages: [{ role: 'user', content: 'hi' }] }).needs, ['tool_calling'])
  t.same(read({ tools: [], functions: [{}] }).needs, ['tool_calling'])
})

t.test('items of an embedding or moderation that are no text are counted one by one', async (t) => {
  for (const task of ['embedding', 'moderation'] as const) {
    const open = (input: JsonValue) => read({ input }, task).openInputs
    t.equal(open('a'), 0)
    t.equal(open(['a', 'b']), 0)
    t.equal(open([1, 2, 3]), 0)
    t.equal(open([[1], [2]]), 0)
    t.equal(open([{ image: 'https://pictures.example/1.png' }, 'a', { type: 'image_url' }, { type: 'text' }]), 2)
    t.equal(open({ image: 'https://pictures.example/1.png' }), 1)
    t.equal(read({}, task).openInputs, 0)
  }
})
