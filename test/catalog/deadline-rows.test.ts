// Deadlines, stream modes and sizes of modelsconfig.yml: in seconds or with a unit, each where it may stand.

import t from 'tap'
import { createReport } from '../../src/catalog/config-error.ts'
import { readCatalog } from '../../src/catalog/modelsconfig.ts'
import { readPlainYaml } from '../../src/catalog/yaml-plain.ts'
import { readFullYaml } from '../../src/catalog/yaml-reader.ts'
import { ONE_BACKEND, oneModel, refusalsOf } from './refusals.ts'

const EXAMPLE = `providers:
  openai:
    timeouts: { connect: 0.25, total: 10m }
models:
  gpt:
    timeouts:
      connect: 5
      first_byte: 60   # seconds
      first_event: 1m
      between: 1500ms
      total: 0
    stream_mode: resume
    context_window: 128000
    max_output_tokens: 16384
    backends:
      - { provider: openai, model_id: gpt, priority: 1 }
      - { provider: groq, model_id: gpt, priority: 2, context_window: 32768, max_output_tokens: 8192 }
`

function modelWith (rest: string) {
  return readCatalog(oneModel(`${rest}\n${ONE_BACKEND}`), 'm', 0).catalog.models.get('gpt')
}

function refusal (rest: string): string {
  return refusalsOf(oneModel(`${rest}\n${ONE_BACKEND}`)).join('\n')
}

t.test('timeouts are seconds unless they say their unit, on models and on providers', async (t) => {
  const { catalog, warnings } = readCatalog(EXAMPLE, 'm', 0)
  t.same(warnings, [])
  t.same(catalog.models.get('gpt')?.deadlines,
    { connectMs: 5_000, firstByteMs: 60_000, firstEventMs: 60_000, betweenMs: 1_500, totalMs: 0 })
  t.same(catalog.providers.get('openai')?.deadlines, { connectMs: 250, totalMs: 600_000 })
})

t.test('the quick reader and the full one read the example alike', async (t) => {
  const quick = readPlainYaml(EXAMPLE)
  t.ok(quick, 'it is read quickly')
  t.same(quick, readFullYaml(EXAMPLE, createReport('m')))
})

t.test('what is not given is absent, so that it lets the weaker setting through', async (t) => {
  t.same(Object.keys(modelWith('timeouts: { total: 3 }')?.deadlines ?? {}), ['totalMs'])
  t.equal(modelWith('timeouts: {}')?.deadlines, undefined)
  t.equal(modelWith('tier: economy')?.deadlines, undefined)
  t.equal(modelWith('tier: economy')?.streamMode, undefined)
})

t.test('a time is exact to the millisecond, whatever binary floats make of it', async (t) => {
  const totalOf = (text: string) => modelWith(`timeouts: { total: ${text} }`)?.deadlines?.totalMs
  for (const [text, ms] of [
    ['1.1', 1_100], ['0.29', 290], ['4.35', 4_350], ['0.001', 1], ['1.001m', 60_060], ['86400', 86_400_000], ['007', 7_000],
    ['"2.5s"', 2_500]
  ] as const) t.equal(totalOf(text), ms, text)
})

const WRONG = ['-1', 'soon', '5h', '0.0001', '0.5ms', '1e3', '.5', '5.', '86401', '1441m', '+5', '1_000', '"5 s"', '0x10', '~', '[5]']

t.test('anything else is refused with line and path', async (t) => {
  for (const text of WRONG) {
    t.match(refusal(`timeouts:\n  connect: 1\n  between: ${text}`), 'modelsconfig.yml:5: models/gpt/timeouts/between: ', text)
  }
  t.equal(refusal('timeouts: { first_byte: soon }'), 'modelsconfig.yml:3: models/gpt/timeouts/first_byte: must be seconds ' +
    'from 0 (no bound) to 86400 such as 60 or 2.5, or a time such as 1500ms or 2m, not "soon"')
  t.match(refusal('timeouts: 60'), 'modelsconfig.yml:3: models/gpt/timeouts: must be a map of names, not "60"')
  t.match(refusal('timeouts:'), 'modelsconfig.yml:3: models/gpt/timeouts: is empty')
  t.match(refusal('timeouts: { total: 1, total: 2 }'), /timeouts\/total: is there twice/)
  t.match(refusalsOf('providers:\n  groq:\n    timeouts: { total: x }\n')[0], 'modelsconfig.yml:3: providers/groq/timeouts/total: ')
})

t.test('every stream mode is known, and no other', async (t) => {
  for (const mode of ['live', 'resume', 'atomic']) t.equal(modelWith(`stream_mode: ${mode}`)?.streamMode, mode)
  t.equal(refusal('stream_mode: resum'), 'modelsconfig.yml:3: models/gpt/stream_mode: "resum" is no stream mode: ' +
    'write one of live, resume, atomic; did you mean "resume"?')
  t.match(refusal('stream_mode:'), 'models/gpt/stream_mode: is empty')
})

t.test('a backend may have a window and a longest answer of its own', async (t) => {
  const [own, cut] = readCatalog(EXAMPLE, 'm', 0).catalog.models.get('gpt')?.backends ?? []
  t.match(own, { contextWindow: undefined, maxOutputTokens: undefined })
  t.match(cut, { contextWindow: 32_768, maxOutputTokens: 8_192 })
  const wrong = 'backends: [{ provider: a, model_id: x, context_window: 0, max_output_tokens: lots }]'
  t.same(refusalsOf(oneModel(wrong)), [
    'modelsconfig.yml:3: models/gpt/backends/0/context_window: must be a whole number from 1 to 1000000000, not "0"',
    'modelsconfig.yml:3: models/gpt/backends/0/max_output_tokens: must be a whole number from 1 to 1000000000, not "lots"'
  ])
})

t.test('a misspelt key is ignored with a warning and the nearest one', async (t) => {
  const { warnings } = readCatalog(`providers:
  groq: { timeout: { total: 1 } }
models:
  gpt:
    timeouts: { first_bite: 1 }
    stream_mod: resume
    backends: [{ provider: groq, model_id: gpt, contextwindow: 5, stream_mode: live }]
`, 'm.yml', 0)
  t.same(warnings, [
    'm.yml:2: providers/groq/timeout: unknown key, ignored; did you mean "timeouts"?',
    'm.yml:5: models/gpt/timeouts/first_bite: unknown key, ignored; did you mean "first_byte"?',
    'm.yml:6: models/gpt/stream_mod: unknown key, ignored; did you mean "stream_mode"?',
    'm.yml:7: models/gpt/backends/0/contextwindow: unknown key, ignored; did you mean "context_window"?',
    'm.yml:7: models/gpt/backends/0/stream_mode: unknown key, ignored'
  ])
})
