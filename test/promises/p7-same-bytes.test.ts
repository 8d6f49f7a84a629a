// P7: on the same wire the bytes of a request and of an answer are the same on both sides, but for declared splices.

import t from 'tap'
import fc from 'fast-check'
import { gateway, post, type TestGateway } from '../helper.ts'
import { chatJson, chatSse, inPieces, provider, type Answer, type TestProvider } from '../upstreams.ts'
import { bodyOf, valueText, write, type WrittenBody } from './json-texts.ts'

const RUNS = 2_000
const OTHER_ID = 'vendor/other "né" model'
/** Spellings of the model name "same": equal as values, different as bytes. */
const SAME = ['"same"', '"s\\u0061me"', '"\\u0073\\u0061\\u006d\\u0065"']
const MODEL_NAMES = ['"model"', '"mod\\u0065l"']
/** Members that only OpenRouter knows; a provider of the operator's own does not get them. */
const OPENROUTER_ONLY: { readonly [name: string]: string } = {
  provider: '{"a": [1.50, null]}',
  models: '[ "same"]',
  route: '"fallback"',
  transforms: '[ ]',
  plugins: '[ ]',
  session_id: '"caf\\u00e9"',
  trace: '{"a": [1.50, null]}'
}

const answer: Answer = (call) => (JSON.parse(call.request.body).stream === true ? chatSse() : chatJson())(call)

function configOf (url: string, modelId: string): string {
  return `providers:
  own:
    wire: openai-chat
    base_url: ${url}
    credential: none
models:
  same:
    context_window: 128000
    capabilities: [vision, tool_calling, audio_input]
    backends:
      - provider: own
        model_id: ${JSON.stringify(modelId)}
`
}

type TextMember = readonly [name: string, value: string]

/** Members a request may have beside its model, as text; names are unique as values. */
function membersWith (model: fc.Arbitrary<TextMember>, more: readonly TextMember[] = []) {
  const known = fc.record({
    '"messages"': fc.constantFrom(
      '[{"role":"user","content":"Hé \\u00e9 \\ud83d\\ude00"}]',
      '[ {"content": [{"type":"text","text":"x"}, {"type":"image_url","image_url":{"url":"data:image/png;base64,AA\\/=="}}],"role":"user"} ]',
      '[{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\\"a\\":1.50}"}}]},{"role":"tool","tool_call_id":"c","content":"1e400"}]'),
    '"tools"': fc.constantFrom('[]', '[{"type":"function","function":{"name":"f","parameters":{"b":1,"a":1.0,"b":2}}}]'),
    '"temperature"': fc.constantFrom('1.50', '0.70', '1E0', '-0'),
    '"seed"': fc.bigInt().map(String),
    '"max_tokens"': fc.constantFrom('10', '1e2', 'null'),
    '"stop"': valueText,
    '"metadata"': valueText
  }, { requiredKeys: ['"messages"'] }).map((record) => Object.entries(record) as Array<[string, string]>)
  const name = fc.string({ unit: 'grapheme', maxLength: 6 }).map((text) => JSON.stringify(`x-${text}`))
  const unknown = fc.uniqueArray(fc.tuple(name, valueText), { maxLength: 5, selector: ([name]) => name })
  return fc.tuple(model, known, unknown).map(([first, some, others]) => [first, ...some, ...others, ...more])
}

const modelMember = fc.tuple(fc.constantFrom(...MODEL_NAMES), fc.constantFrom(...SAME))

async function relayed ({ url }: TestGateway, upstream: TestProvider, text: string) {
  const before = upstream.requests.length
  const answered = await post(`${url}/chat/completions`, text)
  return { answered, received: upstream.requests[before]?.bytes, count: upstream.requests.length - before }
}

t.test(`P7 ${RUNS} generated requests reach a provider that calls the model by the same name byte for byte`, async (t) => {
  const upstream = await provider(t, answer)
  const broker = await gateway(t, { config: configOf(upstream.url, 'same') })
  const body = bodyOf(fc.oneof(membersWith(modelMember), membersWith(modelMember, [['"stream"', 'false']])))
  await fc.assert(fc.asyncProperty(body.map((body) => write(body)), async (text) => {
    const { answered, received, count } = await relayed(broker, upstream, text)
    if (answered.status !== 200) throw new Error(answered.text)
    if (count !== 1 || !received?.equals(Buffer.from(text))) throw new Error(`got ${received?.toString()}`)
    if (answered.headers.has('x-aibroker-edits')) throw new Error('edits are declared although there are none')
  }), { numRuns: RUNS })
  t.equal(upstream.requests.length >= RUNS, true)
})

/** The body with another value of the model: the only bytes that may differ. */
function renamed (body: WrittenBody): WrittenBody {
  const members = body.members.map((member) =>
    MODEL_NAMES.includes(member.name) ? { ...member, value: JSON.stringify(OTHER_ID) } : member)
  return { ...body, members }
}

t.test('P7 where the provider has another name for the model, its value changes and nothing else', async (t) => {
  const upstream = await provider(t, answer)
  const broker = await gateway(t, { config: configOf(upstream.url, OTHER_ID) })
  await fc.assert(fc.asyncProperty(bodyOf(membersWith(modelMember)), async (body) => {
    const { answered, received } = await relayed(broker, upstream, write(body))
    if (!received?.equals(Buffer.from(write(renamed(body))))) throw new Error(`got ${received?.toString() ?? answered.text}`)
    if (answered.headers.get('x-aibroker-edits') !== 'model') throw new Error(answered.headers.get('x-aibroker-edits') ?? 'none')
  }), { numRuns: 300 })
  t.pass('300 bodies')
})

t.test('P7 a stream that does not ask for usage gets stream_options behind its last member', async (t) => {
  const upstream = await provider(t, answer)
  const broker = await gateway(t, { config: configOf(upstream.url, 'same') })
  const body = bodyOf(membersWith(modelMember, [['"stream"', 'true']]))
  await fc.assert(fc.asyncProperty(body, async (body) => {
    const { answered, received } = await relayed(broker, upstream, write(body))
    const expected = write(body, ',"stream_options":{"include_usage":true}')
    if (!received?.equals(Buffer.from(expected))) throw new Error(`got ${received?.toString() ?? answered.text}`)
    if (answered.headers.get('x-aibroker-edits') !== 'stream_options') throw new Error(answered.headers.get('x-aibroker-edits') ?? 'none')
  }), { numRuns: 200 })
  t.pass('200 bodies')
})

t.test('P7 options that are there already are kept, asked for or not', async (t) => {
  const upstream = await provider(t, answer)
  const { url } = await gateway(t, { config: configOf(upstream.url, 'same') })
  for (const [given, expected] of [
    ['{ "include_usage" : true }', '{ "include_usage" : true }'],
    ['{"include_obfuscation":false}', '{"include_obfuscation":false,"include_usage":true}'],
    ['{"include_usage":false}', '{"include_usage":true}'],
    ['null', '{"include_usage":true}']
  ] as const) {
    const text = (options: string) => `{"stream_options": ${options} ,"stream":true,"model":"same","messages":[{"role":"user","content":"hi"}]}`
    const { headers } = await post(`${url}/chat/completions`, text(given))
    t.equal(upstream.requests.at(-1)?.body, text(expected), given)
    t.equal(headers.get('x-aibroker-edits'), given === expected ? null : 'stream_options')
  }
})

t.test('P7 members that only OpenRouter knows are removed from the requests of others, each with one comma, and named', async (t) => {
  const upstream = await provider(t, answer)
  const broker = await gateway(t, { config: configOf(upstream.url, 'same') })
  const some = fc.subarray(Object.keys(OPENROUTER_ONLY), { minLength: 1 })
  const pair = fc.tuple(some, membersWith(modelMember), fc.infiniteStream(fc.nat())).map(([names, members, places]) => {
    const all = [...members]
    for (const name of names) all.splice((places.next().value as number) % (all.length + 1), 0, [`"${name}"`, OPENROUTER_ONLY[name] ?? ''])
    return { names, all, kept: members }
  })
  const compact = (members: ReadonlyArray<readonly [string, string]>) => `{${members.map((member) => member.join(':')).join(',')}}`
  await fc.assert(fc.asyncProperty(pair, async ({ names, all, kept }) => {
    const { answered, received } = await relayed(broker, upstream, compact(all))
    if (received?.toString() !== compact(kept)) throw new Error(`got ${received?.toString() ?? answered.text}`)
    const edits = answered.headers.get('x-aibroker-edits')?.split(', ').sort()
    if (String(edits) !== String([...names].sort())) throw new Error(`declared ${String(edits)}`)
  }), { numRuns: 200 })
  t.pass('200 bodies')
})

t.test('P7 under X-Aibroker-Relay: exact any JSON answer comes back byte for byte, with its nulls and its spelling', async (t) => {
  let next = ''
  const upstream = await provider(t, (call) => {
    const bytes = Buffer.from(next)
    return inPieces([bytes.subarray(0, 7), bytes.subarray(7)], 'application/json; charset=utf-8')(call)
  })
  const { url } = await gateway(t, { config: configOf(upstream.url, 'same') })
  const usage = fc.constantFrom('null', '{"prompt_tokens":9.0,"completion_tokens":3e0,"total_tokens":12}', '{}')
  const choices = fc.constantFrom('[{"message":{"role":null,"content":"x","tool_calls":null,"images":null},"index":0}]',
    '[{"text":"x"}, null]', '[{"finish_reason":"length","message":null}]') // without a choice it is no answer
  const body = bodyOf(fc.tuple(usage, choices, valueText)
    .map(([usage, choices, other]) => [['"usage"', usage], ['"choices"', choices], ['"system_fingerprint"', 'null'], ['"x"', other]]))
  await fc.assert(fc.asyncProperty(body.map((body) => write(body)), async (text) => {
    next = text
    const answered = await post(`${url}/chat/completions`, '{"model":"same","messages":[{"role":"user","content":"hi"}]}', { 'x-aibroker-relay': 'exact' })
    if (answered.text !== text) throw new Error(`got ${answered.text}`)
  }), { numRuns: 300 })
  t.pass('300 answers')
})

t.test('P7 an answer that is not exact differs by what the broker adds and by strict clients\' nulls only', async (t) => {
  const written = '{ "id":"1","object":"chat.completion","created":1,"model":"m","choices":[ {"index":0,"message":{"content":"caf\\u00e9 1e400","tool_calls" : null, "role":"assistant","x":-0},"finish_reason":"stop"} ],\n "big":12345678901234567890123, "usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}\n}'
  const upstream = await provider(t, inPieces([written], 'application/json'))
  const { url } = await gateway(t, { models: { same: [{ url: upstream.url }] } })
  const { text, json } = await post(`${url}/chat/completions`, { model: 'same', messages: [{ role: 'user', content: 'hi' }] })
  const { x_aibroker: own } = json()
  const added = [
    `"x_aibroker":${JSON.stringify(own)}`, '"provider":"test0"', '"system_fingerprint":null', '"cost":0.000015',
    '"native_finish_reason":"stop"', '"logprobs":null', '"prompt_tokens_details":{"cached_tokens":0}',
    '"completion_tokens_details":{"reasoning_tokens":0}'
  ]
  t.equal(added.reduce(without, text), written.replace(',"tool_calls" : null', ''))
})

/** The text without a member that stands in it once, and without its comma. */
function without (text: string, member: string): string {
  const behind = text.indexOf(`,${member}`)
  const at = behind === -1 ? text.indexOf(`${member},`) : behind
  if (at === -1 || text.split(member).length !== 2) throw new Error(`not once in the answer: ${member}`)
  return text.slice(0, at) + text.slice(at + member.length + 1)
}
