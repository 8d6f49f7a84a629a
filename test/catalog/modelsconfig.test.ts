// modelsconfig.yml as operators write it, and every way to get it wrong.

import t from 'tap'
import { readCatalog } from '../../src/catalog/modelsconfig.ts'
import { ONE_BACKEND, oneModel, refusalsOf } from './refusals.ts'

const EXAMPLE = `
providers:
  my-vllm:
    wire: openai-chat
    base_url: http://127.0.0.1:8000/v1
    credential: env:MY_VLLM_KEY
    priority: 10
models:
  gpt-4o:
    display_name: "GPT-4o"
    tier: premium
    capabilities: [tool_calling, vision]
    context_window: 128000
    max_output_tokens: 16384
    aliases: [openai/gpt-4o]
    backends:
      - provider: openrouter
        model_id: openai/gpt-4o
        priority: 5
        input_cost: 2.5
        output_cost: 10.0
        cached_input_cost: 1.25
      - { provider: my-vllm, model_id: gpt-4o, priority: 1 }
`

t.test('the documented example means what it says', async (t) => {
  const { catalog, warnings } = readCatalog(EXAMPLE, 'modelsconfig.yml', 1_700_000_000)
  const model = catalog.models.get('gpt-4o')
  t.same(warnings, [])
  t.equal(catalog.createdAtS, 1_700_000_000)
  t.match(catalog.version, /^[0-9a-f]{16}$/)
  t.match(model, { displayName: 'GPT-4o', tier: 'premium', contextWindow: 128_000, maxOutputTokens: 16_384 })
  t.same([...model?.capabilities ?? []], ['tool_calling', 'vision'])
  t.equal(catalog.names.get('openai/gpt-4o'), model)
  t.same(catalog.providers.get('my-vllm'), {
    id: 'my-vllm',
    wire: 'openai-chat',
    baseUrl: 'http://127.0.0.1:8000/v1',
    credential: 'env:MY_VLLM_KEY',
    priority: 10,
    deadlines: undefined
  })
})

t.test('backends stand by priority, and without one in the order they are written', async (t) => {
  const { catalog } = readCatalog(EXAMPLE, 'm', 0)
  t.same(catalog.models.get('gpt-4o')?.backends.map(({ id, priority }) => [id, priority]),
    [['my-vllm:gpt-4o', 1], ['openrouter:openai/gpt-4o', 5]])

  const unnumbered = oneModel('backends: [{ provider: b, model_id: x }, { provider: a, model_id: x }]')
  t.same(readCatalog(unnumbered, 'm', 0).catalog.models.get('gpt')?.backends.map(({ id, priority }) => [id, priority]),
    [['b:x', 10], ['a:x', 20]])
})

t.test('a model without costs has no price, and one with costs is found by its backend', async (t) => {
  const { catalog } = readCatalog(EXAMPLE, 'm', 0)
  const [own, routed] = catalog.models.get('gpt-4o')?.backends ?? []
  t.equal(own?.price, undefined)
  t.equal(catalog.prices.get('openrouter:openai/gpt-4o'), routed?.price)
  t.notOk(catalog.prices.has('my-vllm:gpt-4o'))
})

t.test('without words about its task a model is for chat and completions; with them for exactly those', async (t) => {
  const tasksOf = (words: string) => {
    const { catalog } = readCatalog(oneModel(`capabilities: [${words}]\n${ONE_BACKEND}`), 'm', 0)
    return [...catalog.models.get('gpt')?.tasks ?? []]
  }
  t.same(tasksOf(''), ['chat', 'completion'])
  t.same(tasksOf('vision, reasoning'), ['chat', 'completion'])
  t.same(tasksOf('embeddings'), ['embedding'])
  t.same(tasksOf('tts'), ['speech'])
  t.same(tasksOf('rerank'), ['rerank'])
  t.same(tasksOf('stt, chat'), ['transcription', 'chat'])
  t.same(tasksOf('speech, transcription, moderation, images, completions'),
    ['speech', 'transcription', 'moderation', 'image', 'completion'])
})

t.test('the default tier is standard and the default display name is the name', async (t) => {
  t.match(readCatalog(oneModel(ONE_BACKEND), 'm', 0).catalog.models.get('gpt'), { tier: 'standard', displayName: 'gpt' })
})

t.test('every mistake of a file is said at once, in its order, with line and path', async (t) => {
  t.same(refusalsOf(`providers:
  Acme: { wire: telepathy }
models:
  gpt-4o:
    tier: gold
    context_window: big
    backends:
      - { provider: openai, model_id: gpt-4o, priority: -1, input_cost: abc }
      - { model_id: gpt-4o }
  claude:
    display_name: Claude
`), [
    'modelsconfig.yml:2: providers/Acme: "Acme" cannot name a provider: use lower case letters, digits, "-" and "_"',
    'modelsconfig.yml:2: providers/Acme/wire: "telepathy" is no wire: write one of openai-chat, openai-responses, anthropic, gemini, ollama',
    'modelsconfig.yml:5: models/gpt-4o/tier: "gold" is no tier: write one of economy, standard, premium',
    'modelsconfig.yml:6: models/gpt-4o/context_window: must be a whole number from 1 to 1000000000, not "big"',
    'modelsconfig.yml:8: models/gpt-4o/backends/0/priority: must be a whole number from 0 to 1000000, not "-1"',
    'modelsconfig.yml:8: models/gpt-4o/backends/0/input_cost: "abc" is not a cost: write USD as a decimal number such as 2.5 or 0.0028, zero or more',
    'modelsconfig.yml:9: models/gpt-4o/backends/1: has no provider',
    'modelsconfig.yml:10: models/claude: has no backends: name at least one provider and model_id'
  ])
})

const MISTAKES: ReadonlyArray<readonly [what: string, text: string, where: string, says: RegExp]> = [
  ['an empty file', '', '1', /is empty/],
  ['a file of comments', '# nothing\n\n# here\n', '1', /is empty/],
  ['a file of nothing but a mark', '\ufeff', '1', /is empty/],
  ['a list', '- a\n', '1', /must be a map/],
  ['a word', 'models\n', '1', /must be a map/],
  ['a map of something else', 'model:\n  x: 1\n', '1', /neither "models" nor "providers"/],
  ['no models', 'models:\n', '1: models', /is empty: name at least one model/],
  ['models as a list', 'models:\n  - gpt\n', '1: models', /must be a map/],
  ['a model that is a word', 'models:\n  gpt: x\n', '2: models/gpt', /must be a map/],
  ['no backends', oneModel('backends: []'), '3: models/gpt/backends', /is empty/],
  ['backends that are no list', oneModel('backends: { provider: a }'), '3: models/gpt/backends', /must be a list, not a map/],
  ['a backend that is a word', oneModel('backends: [openai]'), '3: models/gpt/backends/0', /must be a map/],
  ['a backend twice', oneModel('backends:\n  - { provider: a, model_id: x }\n  - { provider: a, model_id: x }'), '5: models/gpt/backends/1', /a:x is there twice/],
  ['a key twice', oneModel(`tier: premium\ntier: economy\n${ONE_BACKEND}`), '4: models/gpt/tier', /is there twice, the first time in line 3/],
  ['a model twice', `${oneModel(ONE_BACKEND)}  gpt:\n    ${ONE_BACKEND}\n`, '4: models/gpt', /is there twice, the first time in line 2/],
  ['a negative cost', oneModel('backends: [{ provider: a, model_id: x, input_cost: -0.5 }]'), '3: models/gpt/backends/0/input_cost', /"-0.5" is not a cost/],
  ['a cost with a currency', oneModel('backends: [{ provider: a, model_id: x, input_cost: "$2" }]'), '3: models/gpt/backends/0/input_cost', /"\$2" is not a cost/],
  ['an endless cost', oneModel('backends: [{ provider: a, model_id: x, input_cost: .inf }]'), '3: models/gpt/backends/0/input_cost', /not a cost/],
  ['a cost nobody pays', oneModel('backends: [{ provider: a, model_id: x, per_image: 1e7 }]'), '3: models/gpt/backends/0/per_image', /more than a million/],
  ['a cost left empty', oneModel('backends:\n  - provider: a\n    model_id: x\n    input_cost:'), '6: models/gpt/backends/0/input_cost', /is empty/],
  ['half a priority', oneModel('backends: [{ provider: a, model_id: x, priority: 1.5 }]'), '3: models/gpt/backends/0/priority', /whole number/],
  ['a priority in words', oneModel('backends: [{ provider: a, model_id: x, priority: high }]'), '3: models/gpt/backends/0/priority', /not "high"/],
  ['a provider with a colon', oneModel('backends: [{ provider: "a:b", model_id: x }]'), '3: models/gpt/backends/0/provider', /cannot name a provider/],
  ['a model name with a space', `models:\n  "g p": { ${ONE_BACKEND} }\n`, '2: models/g p', /cannot name a model/],
  ['a name of the broker', `models:\n  auto: { ${ONE_BACKEND} }\n`, '2: models/auto', /name of the broker itself/],
  ['a number as a name', `models:\n  4.1: { ${ONE_BACKEND} }\n`, '2', /the key 4.1 is not text: put it in quotes/],
  ['a list as a name', 'models:\n  ? [a]\n  : 1\n', '2', /a key must be text/],
  ['aliases that are no list', oneModel(`aliases: x\n${ONE_BACKEND}`), '3: models/gpt/aliases', /must be a list, not "x"/],
  ['a tab', 'models:\n\tgpt: 1\n', '2', /[Tt]ab/],
  ['a bracket left open', 'models:\n  gpt: { backends: [\n', '3', /flow|Flow/],
  ['a merge key', `models:\n  a: &a { ${ONE_BACKEND} }\n  b:\n    <<: *a\n    ${ONE_BACKEND}\n`, '4: models/b/<<', /merge keys are not supported/],
  ['a second document', `${oneModel(ONE_BACKEND)}---\nmodels: {}\n`, '4', /second document/],
  ['an alias to nothing', 'models: *nobody\n', '1', /nobody/]
]

for (const [what, text, where, says] of MISTAKES) {
  t.test(`refused: ${what}`, async (t) => {
    const [first = ''] = refusalsOf(text)
    t.ok(first.startsWith(`modelsconfig.yml:${where}: `), first)
    t.match(first, says)
  })
}

t.test('a clash of names is the alias\'s mistake, wherever the name stands', async (t) => {
  t.same(refusalsOf(`models:
  a:
    aliases: [b, c]
    ${ONE_BACKEND}
  b:
    aliases: [c]
    ${ONE_BACKEND}
`), [
    'modelsconfig.yml:3: models/a/aliases/0: "b" already names the model b',
    'modelsconfig.yml:6: models/b/aliases/0: "c" already names the model a'
  ])
})

t.test('what is not understood is ignored with a warning and the nearest word', async (t) => {
  const { warnings, catalog } = readCatalog(`model: {}
models:
  gpt:
    capabilities: [vison, tool_calling, telepathy]
    contxt_window: 5
    aliases: [gpt, g, g]
    backends: [{ provider: openai, model_id: gpt, inputcost: 1, output_cost: 0.00001 }]
`, 'modelsconfig.yml', 0)
  t.same(warnings, [
    'modelsconfig.yml:1: model: unknown key, ignored; did you mean "models"?',
    'modelsconfig.yml:4: models/gpt/capabilities/0: unknown capability "vison", ignored; did you mean "vision"?',
    'modelsconfig.yml:4: models/gpt/capabilities/2: unknown capability "telepathy", ignored',
    'modelsconfig.yml:5: models/gpt/contxt_window: unknown key, ignored; did you mean "context_window"?',
    'modelsconfig.yml:6: models/gpt/aliases/0: "gpt" already names this model',
    'modelsconfig.yml:6: models/gpt/aliases/2: "g" already names this model',
    'modelsconfig.yml:7: models/gpt/backends/0/inputcost: unknown key, ignored; did you mean "input_cost"?',
    'modelsconfig.yml:7: models/gpt/backends/0/output_cost: USD 0.00001 per million: is it meant per token?'
  ])
  t.same([...catalog.models.get('gpt')?.capabilities ?? []], ['tool_calling'])
})

t.test('a backend with two prices has the first, with a warning', async (t) => {
  const row = (cost: string) => `{ backends: [{ provider: a, model_id: x, input_cost: ${cost} }] }`
  const { catalog, warnings } = readCatalog(`models:\n  one: ${row('1')}\n  two: ${row('2')}\n  three: ${row('1.0')}\n`, 'm.yml', 0)
  t.equal(catalog.prices.get('a:x'), catalog.models.get('one')?.backends[0]?.price)
  t.same(warnings.map((warning) => warning.slice(0, 22)), ['m.yml:3: models/two: a'])
})

t.test('a byte order mark and Windows line ends change nothing', async (t) => {
  const windows = `\ufeff${EXAMPLE.replaceAll('\n', '\r\n')}`
  t.same(readCatalog(windows, 'm', 0).catalog.models, readCatalog(EXAMPLE, 'm', 0).catalog.models)
  t.same(refusalsOf(`\ufeff${oneModel('tier: gold')}`.replaceAll('\n', '\r\n'))[0]?.slice(0, 36),
    'modelsconfig.yml:2: models/gpt: has ')
})

t.test('anchors and aliases of YAML work', async (t) => {
  const { catalog } = readCatalog(`models:
  a:
    backends: &both
      - { provider: x, model_id: m }
  b:
    backends: *both
`, 'm', 0)
  t.same(catalog.models.get('b')?.backends, catalog.models.get('a')?.backends)
})

t.test('a file that means a billion values is refused in no time', async (t) => {
  let bomb = 'a: &a [x, x, x, x, x, x, x, x, x, x]\n'
  for (const [name, before] of ['ba', 'cb', 'dc', 'ed', 'fe', 'gf', 'hg', 'ih'].map((pair) => [...pair])) {
    bomb += `${name}: &${name} [${Array<string>(10).fill(`*${before}`).join(', ')}]\n`
  }
  t.match(refusalsOf(bomb), [/means more than 1000000 values/])
})

t.test('a file that is nested too deep is refused', async (t) => {
  t.match(refusalsOf(`models: ${'['.repeat(50_000)}`), [/too deep/])
  t.match(refusalsOf(`models: ${'{a: '.repeat(5_000)}1${'}'.repeat(5_000)}`), [/too deep/])
  t.match(refusalsOf(`models:\n ${'- '.repeat(5_000)}1`), [/too deep/])
  const lines = Array.from({ length: 1_000 }, (_, depth) => `${' '.repeat(depth)}a:`)
  t.match(refusalsOf(`models:\n${lines.join('\n')}`), [/too deep/])
})

t.test('a file of more than 10 MB is refused', async (t) => {
  t.match(refusalsOf(`${oneModel(ONE_BACKEND)}${'#'.repeat(10 * 1024 * 1024)}`), [/is larger than 10485760 bytes/])
})
