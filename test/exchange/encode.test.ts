// What goes upstream for whom.

import t from 'tap'
import { readJsonObject } from '../../src/core/json.ts'
import type { Principal } from '../../src/core/ask.ts'
import type { Ask } from '../../src/exchange/ask.ts'
import { encode } from '../../src/exchange/encode.ts'
import { openaiChat } from '../../src/wire/openai-chat/index.ts'
import { backend, model, provider, request } from '../routing/samples.ts'

const TEXT = '{"model":"m","models":["gpt-5-pro"],"messages":[{"role":"user"}],"route":"fallback","preset":"x","fallbacks":["y"],"n":1}'

function encodeFor (limits: Partial<Principal>) {
  const json = readJsonObject(Buffer.from(TEXT))
  const { principal } = request('m')
  const ask = {
    task: 'chat',
    wire: openaiChat,
    envelope: openaiChat.readEnvelope(json, 'chat'),
    body: { kind: 'json', json },
    principal: { ...principal, ...limits },
    isExact: false,
    attribution: undefined
  } as unknown as Ask
  const at = backend('openrouter:m')
  const turn = {
    candidate: { backend: at, model: model('m', [at]), ceiling: undefined },
    provider: provider('openrouter'),
    credential: { id: 'openrouter#0', provider: 'openrouter', secret: undefined }
  }
  const { call, edits } = encode({ ask, lane: ask, turn } as unknown as Parameters<typeof encode>[0])
  return { body: String(call.body), edits }
}

t.test('a key limited to models or providers cannot name further models in another member', async (t) => {
  for (const limits of [{ models: ['m'] }, { providers: ['openrouter'] }]) {
    const { body, edits } = encodeFor(limits)
    t.equal(body, '{"model":"m","messages":[{"role":"user"}],"n":1}')
    t.same([...edits].sort(), ['fallbacks', 'models', 'preset', 'route'])
  }
})

t.test('a key without such a limit may', async (t) => {
  const { body, edits } = encodeFor({ models: undefined, providers: undefined })
  t.equal(body, TEXT)
  t.same(edits, [])
})
