// Prices by the time of day as written in the file; mistakes are told by their place.

import t from 'tap'
import { readCatalog } from '../../src/catalog/modelsconfig.ts'
import { oneModel, refusalsOf } from './refusals.ts'

const COSTS = 'input_cost: 3, output_cost: 15'
const modelWith = (hours: string, rest = '') =>
  oneModel(`backends: [{ provider: a, model_id: x, ${COSTS}, hours: ${hours}${rest} }]`)

function priceWith (hours: string, rest = '') {
  return readCatalog(modelWith(hours, rest), 'm', 0).catalog.models.get('gpt')?.backends[0]?.price
}

t.test('hours are a part of the price, in the order in which they count', async (t) => {
  const [night, long] = ['{ utc_start: 2200, utc_end: 600, input_cost: 1.5 }', '{ utc_start: "0000", utc_end: 0030, above_input: 9, output_cost: 5 }']
  const [spelledNight, spelledLong] = ['hours 2200-0600 input=1500/1', 'hours 0000-0030 above 9 output=5000/1']
  const rates = 'input=3000/1;output=15000/1'
  t.equal(priceWith(`[${night}]`)?.document, `${rates}|${spelledNight}`)
  t.equal(priceWith(`[${night}, ${long}]`, ', tiers: [{ above_input: 9, input_cost: 6 }], service_tiers: { flex: 0.5 }')?.document,
    `${rates}|tier 9 input=6000/1|${spelledNight}|${spelledLong}|service flex 1/2`)
  t.equal(priceWith(`[${long}, ${night}]`)?.document, `${rates}|${spelledLong}|${spelledNight}`)
})

t.test('a time has one meaning however it is written, and 2400 is the end of a day', async (t) => {
  const versionOf = (start: string, end: string) =>
    priceWith(`[{ utc_start: ${start}, utc_end: ${end}, input_cost: 1 }]`)?.version
  t.equal(versionOf('600', '"0030"'), versionOf('0600', '30'))
  t.equal(versionOf('1200', '2400'), versionOf('1200', '0'))
  t.not(versionOf('1200', '2359'), versionOf('1200', '2400'))
})

t.test('what is wrong is refused at its line and path', async (t) => {
  const cases: ReadonlyArray<readonly [hours: string, says: RegExp]> = [
    ['5', /hours: must be a list/],
    ['[{ utc_end: 600, input_cost: 1 }]', /hours\/0: has no utc_start/],
    ['[{ utc_start: 600, input_cost: 1 }]', /hours\/0: has no utc_end/],
    ['[{ utc_start: 2200, utc_end: 600 }]', /hours\/0: has no cost/],
    ['[{ utc_start: 2200, utc_end: 2200, input_cost: 1 }]', /hours\/0: begins when it ends/],
    ['[{ utc_start: 0, utc_end: 2400, input_cost: 1 }]', /hours\/0: begins when it ends/],
    ['[{ utc_start: 2400, utc_end: 600, input_cost: 1 }]', /hours\/0\/utc_start: "2400" is no time of the day/],
    ['[{ utc_start: 2160, utc_end: 600, input_cost: 1 }]', /utc_start: "2160" is no time/],
    ['[{ utc_start: 2500, utc_end: 600, input_cost: 1 }]', /utc_start: "2500" is no time/],
    ['[{ utc_start: 2200, utc_end: 2401, input_cost: 1 }]', /utc_end: "2401" is no time/],
    ['[{ utc_start: "22:00", utc_end: 600, input_cost: 1 }]', /utc_start: "22:00" is no time/],
    ['[{ utc_start: -1, utc_end: 600, input_cost: 1 }]', /utc_start: "-1" is no time/],
    ['[{ utc_start: 2200, utc_end: 600, above_input: 0, input_cost: 1 }]', /above_input: must be a whole number from 1/],
    ['[{ utc_start: 2200, utc_end: 600, input_cost: six }]', /input_cost: "six" is not a cost/],
    [`[${Array.from({ length: 9 }, (_, at) => `{ utc_start: ${at}, utc_end: 10, input_cost: 1 }`).join(', ')}]`, /hours: has 9 parts/]
  ]
  for (const [hours, says] of cases) {
    const refusals = refusalsOf(modelWith(hours))
    t.equal(refusals.length, 1, hours)
    t.match(refusals[0], /^modelsconfig\.yml:3: models\/gpt\/backends\/0/, hours)
    t.match(refusals[0], says, hours)
  }
})
