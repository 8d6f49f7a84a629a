// What some providers tell beside the usual totals and details: parts of the cache, extras, circumstances.

import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import type { Measured, UsageKind } from '../../src/core/usage.ts'
import { withServiceTier } from '../../src/wire/circumstances.ts'
import { readUsage } from '../../src/wire/openai-chat/usage.ts'
import { readPageUsage, readRerankUsage } from '../../src/wire/openai-other/usage.ts'

const told = (usage: Measured['usage']): Measured => ({ usage, reportedCost: undefined, isTold: true })
const NOTHING: Measured = { usage: {}, reportedCost: undefined, isTold: false }
const doubted = (kind: UsageKind): Measured => ({ ...NOTHING, doubt: `told a count of ${kind} that cannot be true` })

t.test('cached tokens told by what they are: cached audio is neither fresh audio nor cached text', async (t) => {
  t.same(readUsage({
    prompt_tokens: 1_000,
    completion_tokens: 10,
    prompt_tokens_details: {
      cached_tokens: 600,
      audio_tokens: 300,
      image_tokens: 200,
      video_tokens: 50,
      cached_tokens_details: { text_tokens: 400, audio_tokens: 150, image_tokens: 50 }
    }
  }), told({
    input: 50,
    cache_read: 400,
    audio_input: 150,
    cached_audio_input: 150,
    image_input: 150,
    cached_image_input: 50,
    video_input: 50,
    output: 10
  }))
})

t.test('tokens written to the cache for an hour are told beside the details', async (t) => {
  const usage = (rest: JsonObject) => readUsage({
    prompt_tokens: 100,
    completion_tokens: 1,
    cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
    ...rest
  })
  t.same(usage({}), told({ input: 50, cache_write: 20, cache_write_1h: 30, output: 1 }))
  t.same(usage({ prompt_tokens_details: { cache_write_tokens: 50 } }),
    told({ input: 50, cache_write: 20, cache_write_1h: 30, output: 1 }))
})

t.test('xAI at times counts cached tokens beside the prompt: the total proves it', async (t) => {
  const details = { prompt_tokens_details: { cached_tokens: 90 } }
  t.same(readUsage({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 105, ...details }),
    told({ input: 10, cache_read: 90, output: 5 }))
  const reasoning = { completion_tokens_details: { reasoning_tokens: 7 } }
  t.same(readUsage({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 112, ...details, ...reasoning }),
    told({ input: 10, cache_read: 90, output: 5, reasoning: 7 }), 'and reasoning beside the completion')
  t.same(readUsage({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, ...details }), doubted('input'))
})

t.test('what is in the total and in no part of it is thinking, as Gemini counts it', async (t) => {
  t.same(readUsage({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 40 }),
    told({ input: 10, output: 5, reasoning: 25 }))
  t.same(readUsage({
    prompt_tokens: 10, completion_tokens: 5, total_tokens: 19, prompt_tokens_details: { cached_tokens: 4 }
  }), told({ input: 6, cache_read: 4, output: 5 }), 'a rest as large as the cache is the cache, counted twice')
})

t.test('searches and calls of tools on the side of the provider, by the names of five of them', async (t) => {
  const totals = { prompt_tokens: 1, completion_tokens: 1 }
  const counts = { input: 1, output: 1 }
  t.same(readUsage({ ...totals, server_tool_use: { web_search_requests: 3, web_fetch_requests: 9 } }),
    told({ ...counts, searches: 3 }))
  t.same(readUsage({ ...totals, num_search_queries: 2 }), told({ ...counts, searches: 2 }))
  t.same(readUsage({ ...totals, num_sources_used: 4 }), told({ ...counts, searches: 4 }))
  t.same(readUsage({ ...totals, num_server_side_tools_used: 5 }), told({ ...counts, tool_calls: 5 }))
  const byOpenRouter = { server_tool_use_details: { tool_calls_executed: 2 } }
  t.same(readUsage({ ...totals, ...byOpenRouter }), told({ ...counts, tool_calls: 2 }))
  t.same(readUsage({ ...totals, server_tool_use: { web_search_requests: -1 } }), doubted('searches'))
})

t.test('the circumstances are those the answer tells, and the plain ones are none', async (t) => {
  const of = (rest: JsonObject) => readUsage({ prompt_tokens: 1, completion_tokens: 1, ...rest }).circumstances
  for (const tier of ['default', 'auto', 'standard', 'on_demand', null, 7, '', 'a;b=c']) {
    t.equal(of({ service_tier: tier }), undefined)
  }
  t.same(of({ service_tier: 'flex' }), { service: 'flex' })
  t.same(of({ service_tier: 'standard', speed: 'fast', inference_geo: 'us' }), { service: 'fast', region: 'us' })
  t.equal(of({ service_tier: 'standard', speed: 'standard', inference_geo: 'global' }), undefined)
})

t.test('a service tier beside the usage, where OpenAI tells it, belongs to it; in the usage it stays', async (t) => {
  const usage = { prompt_tokens: 1 }
  t.same(withServiceTier(usage, { service_tier: 'priority', usage }), { prompt_tokens: 1, service_tier: 'priority' })
  t.equal(withServiceTier(usage, { service_tier: 'default', usage }), usage)
  t.equal(withServiceTier(usage, { usage }), usage)
  const own = { ...usage, service_tier: 'flex' }
  t.equal(withServiceTier(own, { service_tier: 'priority' }), own)
})

t.test('pages and search units are told in the whole answer', async (t) => {
  t.same(readPageUsage({ pages: [], usage_info: { pages_processed: 3, doc_size_bytes: 4 } }), told({ pages: 3 }))
  t.same(readPageUsage({ pages: [] }), NOTHING)
  t.same(readRerankUsage({ results: [], meta: { billed_units: { search_units: 2 } } }), told({ search_units: 2 }))
  t.same(readRerankUsage({ search_units: 3, total_tokens: 9 }), told({ input: 9, search_units: 3 }))
  t.same(readRerankUsage({ results: [], usage: { total_tokens: 12 } }), told({ input: 12 }))
})
