// A provider that tells no usage: counted where our count is as good as its own, at the upper bound everywhere else.

import { pathToFileURL } from 'node:url'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import t, { type Test } from 'tap'
import { systemClock, type Clock } from '../../src/core/clock.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { verifyLedger } from '../../src/ledger/sqlite/verify.ts'
import { LONGEST_MS } from '../../src/metering/token-counter.ts'
import { compiled } from '../compiled.ts'
import { gateway, post } from '../helper.ts'
import { look } from '../promises/observe.ts'
import { chatJson, embeddingsJson, provider, type Answer } from '../upstreams.ts'
import { DONE_FRAME, frameOf } from '../upstreams/frames.ts'

const THREAD = pathToFileURL(await compiled('src/metering/counting-thread.ts'))
/** Test machines are busy, and a count that takes too long is given up. */
const PATIENT: Clock = { ...systemClock, after: (ms, fn) => systemClock.after(ms === LONGEST_MS ? 60_000 : ms, fn) }
const WORDS = 'A capability is a key that opens one door, and tells you which. '.repeat(40)
const QUESTION = 'What is a capability? '.repeat(30)
const BODY = { messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: QUESTION }] }
/** As the cookbook counts: words, roles, 3 for each message and 3 for the answer. */
const INPUT = countTokens(QUESTION) + countTokens('Be brief.') + 2 + 2 * 3 + 3

function configOf (url: string, modelId: string, rest = ''): string {
  return `providers:\n  test0: {wire: openai-chat, base_url: "${url}", credential: none}\nmodels:\n  m:\n` +
    '    context_window: 1000000\n    max_output_tokens: 4096\n' +
    '    capabilities: [chat, embeddings, vision, tool_calling, json_schema]\n    backends:\n' +
    `      - {provider: test0, model_id: ${modelId}, priority: 1, input_cost: 1, output_cost: 2${rest}}\n`
}

async function served (t: Test, answer: Answer, { modelId = 'gpt-4o', rest = '', thread = THREAD } = {}) {
  const source = await provider(t, answer)
  const config = configOf(source.url, modelId, rest)
  const broker = await gateway(t, { config, countingThread: thread, clock: PATIENT })
  const rows = () => look(broker.home, (sqlite) => sqlite.prepare<[], Row>(`
    SELECT g.text AS grade, cost_nano_usd AS cost, ceiling_nano_usd AS ceiling, input, output
    FROM attempts a JOIN names g ON g.id = a.grade ORDER BY a.id`).all())
  const ask = async (changes: object = {}, headers: Record<string, string> = {}, path = 'chat/completions') => {
    const answer = await post(`${broker.url}/${path}`, { model: 'm', ...BODY, ...changes }, headers)
    const row = rows().at(-1) as Row
    return { status: answer.status, headers: answer.headers, row, grade: row.grade }
  }
  return { broker, source, ask }
}

interface Row {
  readonly grade: string
  readonly cost: number
  readonly ceiling: number
  readonly input: number | null
  readonly output: number | null
}

function pricedAt ({ input, output }: Row): number {
  return (input ?? 0) * 1_000 + (output ?? 0) * 2_000
}

/** Not below the truth, and not more than two parts in a hundred and a few tokens above it. */
function isClose (t: Test, counted: number | null | undefined, truth: number, name: string): void {
  t.ok(counted && counted >= truth && counted <= truth * 1.02 + 5, `${name}: ${counted} for ${truth}`)
}

t.test('a whole answer in words is counted, both ways, and costs a part of its bound', async (t) => {
  const { broker, ask } = await served(t, chatJson({ usage: null, content: WORDS }))
  const { row, headers } = await ask()
  isClose(t, row.input, INPUT, 'input')
  isClose(t, row.output, countTokens(WORDS), 'output')
  t.equal(row.cost, pricedAt(row))
  t.ok(row.cost < row.ceiling / 5)
  t.match([row.grade, headers.get('x-aibroker-cost-grade')], ['counted', 'counted'])
  t.equal(Number(headers.get('x-aibroker-cost-usd')).toFixed(9), (row.cost / 1e9).toFixed(9))
  const explained = await fetch(`${broker.url}/exchanges/${headers.get('x-generation-id')}/explain`)
  t.match(await explained.json(), { attempts: [{ cost_grade: 'counted', line_items: [{ kind: 'input' }, { kind: 'output' }] }] })
  t.match(look(broker.home, (sqlite) => verifyLedger(sqlite)), { ok: true })
})

t.test('each choice is counted', async (t) => {
  const choice = (index: number) => ({ index, message: { role: 'assistant', content: WORDS }, finish_reason: 'stop' })
  const { ask } = await served(t, chatJson({ usage: null, extra: { choices: [choice(0), choice(1)] } }))
  isClose(t, (await ask({ n: 2 })).row.output, 2 * countTokens(WORDS), 'output')
  t.equal((await ask({ n: 3 })).grade, 'bounded', 'a choice is missing')
})

t.test('embeddings are counted by what goes in', async (t) => {
  const { ask } = await served(t, embeddingsJson({ usage: null }), { modelId: 'text-embedding-3-small' })
  const { row } = await ask({ input: ['one two three', 'four'], messages: undefined }, {}, 'embeddings')
  t.match(row, { grade: 'counted', input: 4 + 1 + 4, output: null })
})

t.test('what is not known to the last token stays at its bound', async (t) => {
  const cases: ReadonlyArray<readonly [name: string, changes: object]> = [
    ['tools', { tools: [{ type: 'function', function: { name: 'f' } }] }],
    ['a schema', { response_format: { type: 'json_object' } }],
    ['drafts that are not shown', { best_of: 3 }],
    ['an image', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://a.example/b' } }] }] }],
    ['more than is counted', { messages: [{ role: 'user', content: 'w'.repeat(200_001) }] }]
  ]
  const { ask } = await served(t, chatJson({ usage: null, content: WORDS }))
  for (const [name, changes] of cases) {
    const { row } = await ask(changes)
    t.match(row, { grade: 'bounded', input: null, output: null }, name)
    t.equal(row.cost, row.ceiling, name)
  }
})

for (const [name, modelId] of [['thinks unseen', 'gpt-5'], ['has a tokenizer nobody publishes', 'claude-opus-4-7']] as const) {
  t.test(`a model that ${name} stays at its bound`, async (t) => {
    const { ask } = await served(t, chatJson({ usage: null, content: WORDS }), { modelId })
    t.equal((await ask()).grade, 'bounded')
  })
}

t.test('half of a usage, and one that cannot be true, stay at the bound', async (t) => {
  for (const usage of [{ prompt_tokens: 5 }, { prompt_tokens: -5, completion_tokens: 2 }]) {
    const { ask } = await served(t, chatJson({ usage, content: WORDS }))
    t.equal((await ask()).grade, 'bounded', JSON.stringify(usage))
  }
})

t.test('without a thread to count with, the bound is booked', async (t) => {
  const { ask } = await served(t, chatJson({ usage: null, content: WORDS }), { thread: new URL('file:///none.mjs') })
  t.match(await ask(), { status: 200, grade: 'bounded' })
})

t.test('the service tier that the answer tells is the one it is priced by', async (t) => {
  const answer = chatJson({ usage: null, content: WORDS, extra: { service_tier: 'priority' } })
  const { ask } = await served(t, answer, { rest: ', service_tiers: { priority: 2 }' })
  const { row } = await ask()
  t.equal(row.cost, 2 * pricedAt(row))
})

const chunk = (delta: JsonObject, finish: string | null = null) =>
  frameOf({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })

function streaming (frames: readonly string[]): Answer {
  return ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(frames.join(''))
  }
}

const PIECES = WORDS.match(/.{1,40}/gs) ?? []
const WHOLE = [chunk({ role: 'assistant', content: '' }), ...PIECES.map((content) => chunk({ content })), chunk({}, 'stop'), DONE_FRAME]

t.test('a stream is counted where its words are kept anyway, and bounded where they only pass', async (t) => {
  const { ask } = await served(t, streaming(WHOLE))
  for (const [mode, grade] of [['resume', 'counted'], ['atomic', 'counted'], ['live', 'bounded']] as const) {
    const { row } = await ask({ stream: true }, { 'x-aibroker-stream': mode })
    t.equal(row.grade, grade, mode)
    if (grade === 'counted') isClose(t, row.output, countTokens(WORDS), mode)
    if (grade === 'counted') isClose(t, row.input, INPUT, mode)
  }
})

t.test('a stream that broke, that thinks, or that another attempt had to repair, stays at its bound', async (t) => {
  let calls = 0
  const cases: ReadonlyArray<readonly [name: string, mode: string, answer: Answer]> = [
    ['broke', 'atomic', streaming(WHOLE.slice(0, -2))],
    ['thinks', 'atomic', streaming([chunk({ role: 'assistant', reasoning: 'hm' }), ...WHOLE])],
    ['is repaired', 'resume', (call) => streaming(calls++ === 0 ? WHOLE.slice(0, 9) : WHOLE)(call)]
  ]
  for (const [name, mode, answer] of cases) {
    const { ask } = await served(t, answer)
    t.equal((await ask({ stream: true }, { 'x-aibroker-stream': mode })).grade, 'bounded', name)
  }
  t.ok(calls > 1, 'there was a repair')
})

t.test('the tier of a stream passes by, so a price that depends on it stays at its bound', async (t) => {
  const { ask } = await served(t, streaming(WHOLE), { rest: ', service_tiers: { priority: 2 }' })
  t.equal((await ask({ stream: true }, { 'x-aibroker-stream': 'atomic' })).grade, 'bounded')
})

t.test('a completion that is told as a chat is counted as one', async (t) => {
  const { ask } = await served(t, chatJson({ content: WORDS, usage: null }))
  const { grade, row } = await ask({ messages: undefined, prompt: QUESTION }, {}, 'completions')
  t.equal(grade, 'counted')
  isClose(t, row.input, countTokens(QUESTION) + 1 + 3 + 3, 'the prompt in the frame of a message')
  isClose(t, row.output, countTokens(WORDS), 'what was written')
  t.equal(row.cost, pricedAt(row))
})
