// The price list beside a catalog in use: under modelsconfig.yml, over the packaged prices, read again at a reload.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { priceListText } from '../../src/catalog/price-list-file.ts'
import { openCatalogStore } from '../../src/catalog/store.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { own, review } from './price-list.ts'
import { steppedClock } from './stepped-clock.ts'

const PACKAGED = `models:
  tiny: { backends: [{ provider: openai, model_id: tiny, input_cost: 8 }] }
  old: { backends: [{ provider: openai, model_id: old, input_cost: 7 }] }
`
const OWN = 'models:\n  mine: { backends: [{ provider: openai, model_id: mine, input_cost: 5 }] }\n'

function openIn (t: Test, list?: string, path = 'own.yml') {
  const folder = t.testdir({ 'packaged.yml': PACKAGED, 'own.yml': OWN, ...list !== undefined && { 'prices.json': list } })
  const said: string[] = []
  const priceList = join(folder, 'prices.json')
  const store = openCatalogStore({
    path: join(folder, path),
    packaged: join(folder, 'packaged.yml'),
    folder,
    priceList,
    clock: steppedClock(),
    warn: (sentence) => { said.push(sentence) }
  })
  t.teardown(store.close)
  const documentOf = (id: string) => store.current().prices.get(`openai:${id}`)?.document
  return { store, said, documentOf, folder, write: (text: string) => { writeFileSync(priceList, text) } }
}

function listText (prices: Record<string, JsonObject>): string {
  return priceListText(review(own(prices)).list)
}

const LIST = listText({ 'openai:tiny': { input_cost: '9' }, 'openai:mine': { input_cost: '1' }, 'openai:fresh': { input_cost: '3' } })

t.test('the list counts over the packaged prices and under those of modelsconfig.yml', async (t) => {
  const { documentOf, said } = openIn(t, LIST)
  t.equal(documentOf('tiny'), 'input=9000/1')
  t.equal(documentOf('old'), 'input=7000/1')
  t.equal(documentOf('mine'), 'input=5000/1')
  t.equal(documentOf('fresh'), 'input=3000/1')
  t.same(said, [])
})

t.test('while the packaged file is the one in use, the list counts over its costs, too', async (t) => {
  const { documentOf, store, write } = openIn(t, LIST, 'packaged.yml')
  const documentFor = (name: string) => store.current().names.get(name)?.backends[0]?.price?.document
  t.equal(documentOf('tiny'), 'input=9000/1')
  t.equal(documentFor('tiny'), 'input=9000/1')
  t.equal(documentFor('old'), 'input=7000/1')
  t.equal(store.current().models.get('tiny'), store.current().names.get('tiny'))
  write(listText({}))
  store.reload()
  t.equal(documentFor('tiny'), 'input=8000/1')
})

t.test('a list that changed counts after a reload, and everybody hears of it once', async (t) => {
  const { store, documentOf, write } = openIn(t)
  let swaps = 0
  store.onChange(() => { swaps++ })
  t.equal(documentOf('tiny'), 'input=8000/1')
  write(LIST)
  t.equal(documentOf('tiny'), 'input=8000/1', 'nobody said reload')
  t.equal(store.reload(), true)
  t.equal(documentOf('tiny'), 'input=9000/1')
  t.equal(store.reload(), true)
  t.equal(swaps, 1)
})

t.test('a broken list changes nothing, is told once, and is no reason not to start', async (t) => {
  const started = openIn(t, '{"format":')
  t.equal(started.documentOf('tiny'), 'input=8000/1')
  t.equal(started.said.length, 1)
  t.match(started.said[0], /prices\.json: the price list stays as it is/)

  const { store, documentOf, write, said } = openIn(t, LIST)
  write('{"format":"aibroker-prices/1","prices":[{"id":"openai:tiny","input_cost":"NaN","source":"s","as_of":"2026-11-21"}]}')
  t.equal(store.reload(), true)
  t.equal(store.reload(), true)
  t.equal(documentOf('tiny'), 'input=9000/1')
  t.equal(said.length, 1)
  write(listText({ 'openai:tiny': { input_cost: '10' } }))
  t.equal(store.reload(), true)
  t.equal(documentOf('tiny'), 'input=10000/1')
})

t.test('a list that came while modelsconfig.yml was broken counts as soon as that is mended', async (t) => {
  const { store, documentOf, write, folder } = openIn(t)
  writeFileSync(join(folder, 'own.yml'), 'models: [')
  write(LIST)
  t.equal(store.reload(), false)
  t.equal(documentOf('tiny'), 'input=8000/1')
  writeFileSync(join(folder, 'own.yml'), OWN)
  t.equal(store.reload(), true)
  t.equal(documentOf('tiny'), 'input=9000/1')
})
