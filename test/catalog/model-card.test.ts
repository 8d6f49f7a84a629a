// Cards of models: prices without float noise, nothing claimed that is not known.

import t from 'tap'
import { formatRate, pricingOf } from '../../src/catalog/card-pricing.ts'
import { modelListOf } from '../../src/catalog/model-card.ts'
import { readCatalog } from '../../src/catalog/modelsconfig.ts'
import { readRate } from '../../src/core/money.ts'
import { oneModel } from './refusals.ts'

function catalogWith (rest: string, costs = '') {
  return readCatalog(oneModel(`${rest}\nbackends: [{ provider: acme, model_id: gpt${costs} }]`), 'm', 1_700_000_000).catalog
}

function cardWith (rest: string, costs = '') {
  return modelListOf(catalogWith(rest, costs)).find('gpt')?.card
}

t.test('rates become plain decimals for one unit, exactly', async (t) => {
  for (const [cost, per, units, text] of [
    ['2.5', 1_000_000n, 1n, '0.0000025'],
    ['0.15', 1_000_000n, 1n, '0.00000015'],
    ['0.0028', 1_000_000n, 1n, '0.0000000028'],
    ['1e-7', 1_000_000n, 1n, '0.0000000000001'],
    ['0', 1_000_000n, 1n, '0'],
    ['30', 1_000_000n, 1n, '0.00003'],
    ['3000000', 1_000_000n, 1n, '3'],
    ['0.006', 60_000n, 60_000n, '0.006'],
    ['0.0037', 60_000n, 60_000n, '0.0037'],
    ['0.04', 1n, 1n, '0.04']
  ] as const) t.equal(formatRate(readRate(cost, per), units), text)
})

t.test('a price that has no end as a decimal is cut, not written for ever', async (t) => {
  t.equal(formatRate(readRate('0.0037', 60_000n), 1n), '0.000000061666666666666666')
})

t.test('every cost has its place in the pricing', async (t) => {
  const costs = ', input_cost: 2.5, output_cost: 10, cached_input_cost: 1.25, cache_write_cost: 3.125, ' +
    'cache_write_1h_cost: 5, reasoning_cost: 11, audio_input_cost: 40, audio_output_cost: 80, image_input_cost: 8, ' +
    'image_output_cost: 32, per_request: 0.005'
  t.same(cardWith('tier: premium', costs)?.pricing, {
    prompt: '0.0000025',
    completion: '0.00001',
    request: '0.005',
    image_token: '0.000008',
    image_output: '0.000032',
    audio: '0.00004',
    audio_output: '0.00008',
    internal_reasoning: '0.000011',
    input_cache_read: '0.00000125',
    input_cache_write: '0.000003125',
    input_cache_write_1h: '0.000005'
  })
  t.same(cardWith('capabilities: [images]', ', per_image: 0.04')?.pricing, { prompt: '0', completion: '0', image_output: '0.04' })
  t.same(cardWith('capabilities: [tts]', ', per_million_characters: 15')?.pricing, { prompt: '0', completion: '0', character: '0.000015' })
  t.same(cardWith('capabilities: [stt]', ', per_minute: 0.006')?.pricing, { prompt: '0', completion: '0', minute: '0.006' })
})

t.test('an unknown price is not zero', async (t) => {
  t.same(cardWith('tier: premium')?.pricing, { prompt: '-1', completion: '-1' })
  t.same(cardWith('tier: premium', ', input_cost: 1')?.pricing, { prompt: '0.000001', completion: '-1' })
  t.same(cardWith('tier: premium', ', input_cost: 0, output_cost: 0')?.pricing, { prompt: '0', completion: '0' })
})

t.test('the price shown is that of the first backend that has one', async (t) => {
  const { catalog } = readCatalog(oneModel('backends:\n' +
    '  - { provider: dear, model_id: x, priority: 9, input_cost: 9, output_cost: 9 }\n' +
    '  - { provider: near, model_id: x, priority: 5, input_cost: 5, output_cost: 5 }\n' +
    '  - { provider: unknown, model_id: x, priority: 1 }'), 'm', 0)
  const model = catalog.models.get('gpt')
  t.equal(model && pricingOf(model).prompt, '0.000005')
})

t.test('capabilities become modalities and parameters', async (t) => {
  t.match(cardWith('capabilities: [tool_calling, vision, json_schema]'), {
    architecture: { modality: 'text+image->text', input_modalities: ['text', 'image'], output_modalities: ['text'] },
    supported_parameters: ['max_tokens', 'temperature', 'top_p', 'stop', 'seed', 'frequency_penalty', 'presence_penalty',
      'tools', 'tool_choice', 'response_format', 'structured_outputs']
  })
  t.same(cardWith('capabilities: [reasoning, audio_input]')?.supported_parameters,
    ['max_tokens', 'reasoning', 'include_reasoning', 'reasoning_effort'])
  t.match(cardWith('capabilities: [embeddings]'), { architecture: { modality: 'text->embeddings' }, supported_parameters: [] })
  t.match(cardWith('capabilities: [stt]'), { architecture: { modality: 'audio->transcription' } })
  t.match(cardWith('capabilities: [tts]'), { architecture: { modality: 'text->speech' } })
  t.match(cardWith('capabilities: [images]'), { architecture: { modality: 'text->image' } })
})

t.test('who owns a model is said by its long name, else by its backend', async (t) => {
  t.match(cardWith('aliases: [g, openai/gpt]'), { owned_by: 'openai', canonical_slug: 'openai/gpt' })
  t.match(cardWith('aliases: [g]'), { owned_by: 'acme', canonical_slug: 'gpt' })
})

t.test('deadlines and a stream mode are told in seconds where the file sets them, and not there otherwise', async (t) => {
  t.match(cardWith('timeouts: { first_byte: 1500ms, total: 0 }\nstream_mode: resume'), {
    x_aibroker: { stream_mode: 'resume', timeouts: { first_byte: 1.5, total: 0 } }
  })
  t.same(Object.keys(cardWith('tier: premium')?.x_aibroker ?? {}), ['tier', 'tasks', 'aliases', 'providers'])
})

t.test('sizes of the top provider are those of the first backend', async (t) => {
  const sizes = 'context_window: 128000\nmax_output_tokens: 16384'
  t.match(cardWith(sizes, ', context_window: 32768'), {
    context_length: 128_000,
    top_provider: { context_length: 32_768, max_completion_tokens: 16_384 }
  })
  t.match(cardWith(sizes, ', max_output_tokens: 100'), { top_provider: { context_length: 128_000, max_completion_tokens: 100 } })
})

t.test('the list is built once for each catalog', async (t) => {
  const catalog = catalogWith('tier: premium')
  t.equal(modelListOf(catalog), modelListOf(catalog))
  t.not(modelListOf(catalogWith('tier: premium')), modelListOf(catalog))
})

t.test('the automatic models claim no price and no window', async (t) => {
  for (const name of ['auto', 'autocheapest', 'autobest']) {
    t.match(modelListOf(catalogWith('tier: premium')).find(name)?.card, {
      id: name, owned_by: 'aibroker', context_length: null, pricing: { prompt: '-1', completion: '-1' }
    })
  }
})
