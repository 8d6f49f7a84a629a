// What the operator hears of a catalog when it is loaded.

import t from 'tap'
import { gateway } from './helper.ts'

const config = (provider: string) => `
providers:
  my-vllm: { wire: openai-chat, base_url: "http://127.0.0.1:9/v1", credential: none }
models:
  m:
    backends:
      - { provider: ${provider}, model_id: m, priority: 1 }
      - { provider: my-vllm, model_id: m, priority: 2 }
`

t.test('a provider that nobody knows is told at the start, with the name that was most likely meant', async (t) => {
  t.match((await gateway(t, { config: config('my-vlm') })).log(), /the provider \\"my-vlm\\", which nobody knows.*did you mean \\"my-vllm\\"/)
  t.match((await gateway(t, { config: config('nonesuch') })).log(), /\\"nonesuch\\", which nobody knows.*describe it under providers/)
})

t.test('known providers and the packaged catalog are worth no word', async (t) => {
  for (const options of [{ config: config('openai') }, {}]) {
    t.notMatch((await gateway(t, options)).log(), 'which nobody knows')
  }
})
