// P6: a plain answer cut at any byte is never half of one, and is rescued by a second backend.

import t from 'tap'
import { gateway } from '../helper.ts'
import { chatJson, cutAfterBytes, embeddingsJson, provider, rawBytes, rawHead, type Answer } from '../upstreams.ts'
import { leapingClock } from './observe.ts'

t.setTimeout(300_000)

const PLAIN: Readonly<Record<string, { path: string, body: object, answer: object }>> = {
  chat: {
    path: '/chat/completions',
    body: { model: 'm', messages: [{ role: 'user', content: 'hi' }] },
    answer: {
      id: 'c',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Good 🌞' }, finish_reason: 'stop' }]
    }
  },
  embeddings: {
    path: '/embeddings',
    body: { model: 'm', input: 'hi' },
    answer: { object: 'list', data: [{ object: 'embedding', index: 0, embedding: [0.5, -0.25] }], model: 'm', usage: { prompt_tokens: 1, total_tokens: 1 } }
  }
}

const PLAIN_FRAMINGS: Readonly<Record<string, (text: Buffer, cut: number) => Answer>> = {
  'content-length': (text, cut) => rawBytes([
    rawHead(200, { 'content-type': 'application/json', 'content-length': String(text.length) }), text.subarray(0, cut)]),
  chunked: (text, cut) => cutAfterBytes(cut, text, 'application/json'),
  'until close': (text, cut) => rawBytes([
    rawHead(200, { 'content-type': 'application/json', connection: 'close' }), text.subarray(0, cut)])
}

for (const [task, { path, body, answer }] of Object.entries(PLAIN)) {
  for (const [framing, cutAt] of Object.entries(PLAIN_FRAMINGS)) {
    t.test(`P6 a plain answer (${task}, ${framing}) that is cut at any byte is never half of one`, async (t) => {
      const text = Buffer.from(JSON.stringify(answer))
      let cut = 0
      const cutting = await provider(t, (call) => cutAt(text, cut)(call))
      const second = await provider(t, task === 'chat' ? chatJson({ content: 'of the second' }) : embeddingsJson({ vectors: [[9]] }))
      const clock = leapingClock('hasty')
      const { url } = await gateway(t, {
        models: { m: [cutting], rescued: [cutting, second] },
        modelYaml: 'capabilities: [chat, embeddings]',
        clock,
        env: { AIBROKER_LOG_LEVEL: 'silent' }
      })
      const ask = async (model: string) => {
        clock.leap()
        const response = await fetch(`${url}${path}`, {
          method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...body, model })
        })
        return { status: response.status, text: await response.text() }
      }
      const bad: string[] = []
      for (cut = 0; cut < text.length; cut++) {
        const alone = await ask('m')
        if (alone.status !== 502 || !('error' in JSON.parse(alone.text))) bad.push(`cut at ${cut}: ${alone.status} ${alone.text}`)
        const rescued = await ask('rescued')
        const isSecond = task === 'chat' ? rescued.text.includes('of the second') : rescued.text.includes('[9]')
        if (rescued.status !== 200 || !isSecond) bad.push(`cut at ${cut} with a second backend: ${rescued.status} ${rescued.text}`)
      }
      t.same(bad.slice(0, 5), [])
      t.comment(`${task}, ${framing}: ${text.length * 2} cuts`)
    })
  }
}
