// Tiers, service tiers, regions, least quantities and markup as written in the file; mistakes are told by their place.

import t from 'tap'
import { readCatalog } from '../../src/catalog/modelsconfig.ts'
import { oneModel, refusalsOf } from './refusals.ts'

const COSTS = 'input_cost: 3, output_cost: 15'

function backendWith (rest: string, providers = '') {
  const text = providers + oneModel(`backends: [{ provider: a, model_id: x, ${rest} }]`)
  return readCatalog(text, 'm', 0).catalog.models.get('gpt')?.backends[0]
}

function documentOf (rest: string): string | undefined {
  return backendWith(`${COSTS}, ${rest}`)?.price?.document
}

t.test('a price is one line of text, its rates reduced, its names in order', async (t) => {
  t.equal(backendWith(COSTS)?.price?.document, 'input=3000/1;output=15000/1')
  t.equal(documentOf('tiers: [{ above_input: 200000, input_cost: 6, output_cost: 22.5 }]'),
    'input=3000/1;output=15000/1|tier 200000 input=6000/1;output=22500/1')
  t.equal(documentOf('service_tiers: { priority: { input_cost: 6, tiers: [{ above_input: 9, output_cost: 1 }] }, flex: 0.50 }'),
    'input=3000/1;output=15000/1|service flex 1/2|service priority input=6000/1|service priority tier 9 output=1000/1')
  t.equal(documentOf('regions: { us: 1.1, eu: 1 }, least_seconds: 10, per_second: 0.001'),
    'input=3000/1;output=15000/1;audio_ms=1000/1|region eu 1/1|region us 11/10|least audio_ms=10000')
})

t.test('tiers may be written in any order, and numbers in any spelling', async (t) => {
  const tier = (limit: number, cost: string) => `{ above_input: ${limit}, input_cost: ${cost} }`
  const one = backendWith(`${COSTS}, tiers: [${tier(200, '7')}, ${tier(100, '6')}], service_tiers: { flex: 5e-1 }`)
  const other = backendWith(`${COSTS}, service_tiers: { flex: "0.5" }, tiers: [${tier(100, '6.0')}, ${tier(200, '7')}]`)
  t.equal(one?.price?.version, other?.price?.version)
  t.same(one?.price?.terms?.tiers.map(({ aboveInput }) => aboveInput), [100, 200])
})

t.test('whatever is added to a price gives it another version', async (t) => {
  const additions = [
    '', 'tiers: [{ above_input: 5, input_cost: 3 }]', 'tiers: [{ above_input: 6, input_cost: 3 }]',
    'service_tiers: { flex: 0.5 }', 'service_tiers: { batch: 0.5 }', 'regions: { us: 0.5 }', 'least_seconds: 1',
    'least_characters: 1', 'per_search: 0.01'
  ]
  const versions = additions.map((rest) => backendWith([COSTS, rest].filter(Boolean).join(', '))?.price?.version)
  t.equal(new Set(versions).size, additions.length)
})

t.test('a markup is exact, no part of the price, and of the provider where the backend has none', async (t) => {
  const providers = 'providers:\n  a: { markup: 1.2 }\n'
  t.same(backendWith(`${COSTS}, markup: 1.15`, providers)?.markup, { numerator: 23n, denominator: 20n })
  t.same(backendWith(COSTS, providers)?.markup, { numerator: 6n, denominator: 5n })
  t.equal(backendWith(COSTS)?.markup, undefined)
  t.equal(backendWith(`${COSTS}, markup: 1.15`)?.price?.version, backendWith(COSTS)?.price?.version)
})

t.test('what is wrong is refused at its line and path', async (t) => {
  const cases: ReadonlyArray<readonly [rest: string, says: RegExp]> = [
    [`${COSTS}, tiers: 5`, /0\/tiers: must be a list/],
    [`${COSTS}, tiers: [{ input_cost: 6 }]`, /tiers\/0: has no above_input/],
    [`${COSTS}, tiers: [{ above_input: 5 }]`, /tiers\/0: has no cost/],
    [`${COSTS}, tiers: [{ above_input: 0, input_cost: 6 }]`, /tiers\/0\/above_input: must be a whole number from 1/],
    [`${COSTS}, tiers: [{ above_input: 5, input_cost: six }]`, /tiers\/0\/input_cost: "six" is not a cost/],
    [`${COSTS}, tiers: [{ above_input: 5, input_cost: 1 }, { above_input: 5, input_cost: 2 }]`, /above_input 5 is there twice/],
    [`${COSTS}, service_tiers: { flex: 0 }`, /service_tiers\/flex: "0" is not a factor/],
    [`${COSTS}, service_tiers: { flex: -1 }`, /service_tiers\/flex: "-1" is not a factor/],
    [`${COSTS}, service_tiers: { priority: {} }`, /service_tiers\/priority: has no cost/],
    [`${COSTS}, service_tiers: { "a;b": 2 }`, /"a;b" is no name that a provider tells/],
    [`${COSTS}, regions: { us: 101 }`, /regions\/us: "101" is not a factor.* to 100/],
    [`${COSTS}, regions: [us]`, /regions: must be a map/],
    [`${COSTS}, least_seconds: 0.5`, /least_seconds: must be a whole number/],
    [`${COSTS}, markup: 0.9`, /markup: "0.9" is not a factor: write a decimal number from 1 to 100/],
    [`${COSTS}, per_minute: 1, per_second: 1`, /per_second: is for what another cost is for already/],
    ['tiers: [{ above_input: 5, input_cost: 1 }]', /tiers: has no cost to change/],
    ['input_cost: six, tiers: [{ above_input: 5, input_cost: 1 }]', /input_cost: "six" is not a cost/]
  ]
  for (const [rest, says] of cases) {
    const refusals = refusalsOf(oneModel(`backends: [{ provider: a, model_id: x, ${rest} }]`))
    t.equal(refusals.length, 1, rest)
    t.match(refusals[0], /^modelsconfig\.yml:3: models\/gpt\/backends\/0/, rest)
    t.match(refusals[0], says, rest)
  }
})

t.test('an unknown key among them is warned about, with the nearest one', async (t) => {
  const text = oneModel(`backends: [{ provider: a, model_id: x, ${COSTS}, tiers: [{ above_input: 5, inputcost: 1, input_cost: 1 }] }]`)
  t.match(readCatalog(text, 'm', 0).warnings, [/tiers\/0\/inputcost: unknown key, ignored; did you mean "input_cost"/])
})
