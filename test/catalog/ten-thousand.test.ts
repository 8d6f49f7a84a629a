// Ten thousand models: each card is written once for a catalog, and a list is nothing but those texts. Times are shown
// by bench/catalog.mjs; here is what they rest on.

import t from 'tap'
import { gateway } from '../helper.ts'

const MODELS = 10_000
const CONFIG = 'models:\n' + Array.from({ length: MODELS }, (_, at) =>
  `  acme/m${at}: { backends: [{ provider: openai, model_id: m${at}, input_cost: ${1 + at % 7} }] }\n`).join('')

t.test('the list of ten thousand models is written once, and read as fast as its bytes are copied', async (t) => {
  const { url } = await gateway(t, { config: CONFIG })
  const stringify = JSON.stringify
  let written = 0
  JSON.stringify = ((...given: Parameters<typeof stringify>) => {
    written++
    return stringify(...given)
  }) as typeof stringify
  t.teardown(() => { JSON.stringify = stringify })

  const get = async (query: string) => (await fetch(`${url}/models${query}`)).text()
  const whole = await get('')
  t.equal((JSON.parse(whole) as { total_count: number }).total_count, MODELS + 3)
  t.ok(written >= MODELS, 'every card was written')
  written = 0
  const startedMs = performance.now()
  t.equal(await get(''), whole)
  const tookMs = performance.now() - startedMs
  for (const query of ['?sort=pricing-low-to-high', '?q=m99', '?limit=1000&offset=500', '?supported_parameters=tools']) await get(query)
  t.ok(written < 100, `no card is written again, for whatever query (${written} texts were)`)
  // Generous, for a machine that does other things: it was 10 ms, and writing the cards takes ten times as long.
  t.ok(tookMs < 1_000, `${Math.round(tookMs)} ms`)
})
