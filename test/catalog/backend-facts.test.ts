// What the file tells of a backend beyond its price, and of all backends of a provider.

import t from 'tap'
import { readCatalog } from '../../src/catalog/modelsconfig.ts'
import { refusalsOf } from './refusals.ts'

function factsWith (row: string, entry = 'markup: 1') {
  const text = `providers:\n  groq: { ${entry} }\nmodels:\n  m:\n    backends:\n      - { provider: groq, model_id: a${row} }\n`
  return readCatalog(text, 'f', 0).catalog.models.get('m')?.backends[0]?.facts
}

t.test('a backend without facts has none: nothing told is not the same as no', async (t) => {
  t.equal(factsWith(''), undefined)
})

t.test('every fact of a row', async (t) => {
  const row = ', data_collection: deny, zdr: true, quantization: fp8, supported_parameters: [tools, seed], variant: turbo'
  t.same(factsWith(row), {
    dataCollection: 'deny', isZdr: true, quantization: 'fp8', supportedParameters: ['tools', 'seed'], variant: 'turbo'
  })
})

t.test('a provider tells for its backends, and a row tells otherwise', async (t) => {
  const entry = 'data_collection: deny, zdr: true'
  t.same(factsWith('', entry), { dataCollection: 'deny', isZdr: true })
  t.same(factsWith(', zdr: false, quantization: fp16', entry), { dataCollection: 'deny', isZdr: false, quantization: 'fp16' })
})

t.test('wrong facts are refused by their place', async (t) => {
  const rows: ReadonlyArray<readonly [string, RegExp]> = [
    ['data_collection: maybe', /data_collection: "maybe" must be one of allow, deny/],
    ['zdr: perhaps', /zdr: must be true or false, not "perhaps"/],
    ['quantization: fp9', /quantization: "fp9" must be one of int4, .*did you mean "fp/],
    ['supported_parameters: tools', /supported_parameters: must be a list/],
    ['variant: "a b"', /variant: "a b" cannot name a variant/]
  ]
  for (const [row, says] of rows) {
    t.match(refusalsOf(`models:\n  m:\n    backends:\n      - { provider: groq, model_id: a, ${row} }\n`).join('\n'), says)
  }
})
