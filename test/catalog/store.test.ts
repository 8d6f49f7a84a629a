// The catalog in use: which file, what happens when it changes, and what happens when it changes into nonsense.

import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ConfigError } from '../../src/catalog/config-error.ts'
import { LOOK_MS, SETTLE_MS } from '../../src/catalog/file-watch.ts'
import { openCatalogStore, type CatalogStoreParts } from '../../src/catalog/store.ts'
import { steppedClock } from './stepped-clock.ts'

/** A file with one model of this name and cost. */
function modelFile (name: string, cost = '1'): string {
  return `models:\n  ${name}:\n    backends: [{ provider: acme, model_id: ${name}, input_cost: ${cost} }]\n`
}

const PACKAGED = 'models:\n  listed:\n    backends:\n' +
  '      - { provider: acme, model_id: listed, input_cost: 7 }\n      - { provider: openai, model_id: tiny, input_cost: 8 }\n'

/** A folder with a packaged file, and a store over it that is closed with the test. */
function openIn (t: Test, files: Record<string, string>, parts: Partial<CatalogStoreParts> = {}) {
  const folder = t.testdir({ packaged: { 'modelsconfig.yml': PACKAGED }, work: files })
  const work = join(folder, 'work')
  const clock = steppedClock()
  const said: string[] = []
  const store = openCatalogStore({
    path: undefined,
    clock,
    warn: (sentence) => { said.push(sentence) },
    folder: work,
    packaged: join(folder, 'packaged/modelsconfig.yml'),
    ...parts
  })
  t.teardown(() => { store.close() })
  const names = () => [...store.current().models.keys()]
  /** Long enough for a slow look and for the file to have come to rest. */
  const settle = () => { clock.pass(LOOK_MS + 2 * SETTLE_MS) }
  return { store, clock, said, work, names, settle }
}

t.test('the given path comes before the one in the folder, and that before the packaged one', async (t) => {
  const files = { 'modelsconfig.yml': modelFile('local'), 'other.yml': modelFile('given') }
  t.same(openIn(t, files, { path: 'other.yml' }).names(), ['given'])
  t.same(openIn(t, files).names(), ['local'])
  t.same(openIn(t, {}).names(), ['listed'])
})

t.test('a wrong or missing file stops the start, named as the operator knows it', async (t) => {
  const refusal = (files: Record<string, string>, path?: string) => {
    try {
      openIn(t, files, { path })
      return []
    } catch (error) {
      return error instanceof ConfigError ? error.mistakes : [String(error)]
    }
  }
  t.match(refusal({ 'modelsconfig.yml': 'models: {}\n' }), ['modelsconfig.yml:1: models: is empty'])
  t.match(refusal({}, 'nowhere.yml'), ['nowhere.yml:1: there is no such file'])
  t.match(refusal({}, '/nowhere/at/all.yml'), ['/nowhere/at/all.yml:1: there is no such file'])
  t.match(refusal({ 'modelsconfig.yml': '' }, '.'), [/is not a file/])
})

t.test('a file that is not UTF-8 is refused', async (t) => {
  const folder = t.testdir({})
  const path = join(folder, 'm.yml')
  writeFileSync(path, Buffer.from('\ufeffmodels:\n', 'utf16le'))
  t.throws(() => openCatalogStore({ path, clock: steppedClock(), warn: () => {} }), /m\.yml:1: is not UTF-8 text/)
})

t.test('nothing is left waiting after a refused start', async (t) => {
  const clock = steppedClock()
  t.throws(() => openIn(t, { 'modelsconfig.yml': '' }, { clock }))
  t.equal(clock.waiting, 0)
})

t.test('a changed file is taken whole, and whoever listens hears of it', async (t) => {
  const { store, work, names, settle } = openIn(t, { 'modelsconfig.yml': modelFile('one') })
  const heard: string[] = []
  store.onChange((catalog) => { heard.push(catalog.version) })
  const before = store.current()
  writeFileSync(join(work, 'modelsconfig.yml'), modelFile('two'))
  settle()
  t.same(names(), ['two'])
  t.same(heard, [store.current().version])
  t.same([...before.models.keys()], ['one'], 'the snapshot a caller holds stays as it was')
})

t.test('a wrong file keeps the old catalog, and the reason is said once for each content', async (t) => {
  const { store, work, said, settle } = openIn(t, { 'modelsconfig.yml': modelFile('one') })
  const path = join(work, 'modelsconfig.yml')
  const before = store.current()

  writeFileSync(path, modelFile('two', 'free'))
  settle()
  t.equal(store.reload(), false)
  t.equal(store.reload(), false)
  t.equal(store.current(), before)
  t.match(said, [/stays as it is.*\nmodelsconfig.yml:3: models\/two\/backends\/0\/input_cost: "free" is not a cost/])

  writeFileSync(path, modelFile('two', 'gratis'))
  t.equal(store.reload(), false)
  t.equal(said.length, 2, 'another content is another reason')

  writeFileSync(path, modelFile('two'))
  t.equal(store.reload(), true)
  t.same([...store.current().models.keys()], ['two'])

  writeFileSync(path, modelFile('two', 'gratis'))
  t.equal(store.reload(), false)
  t.equal(said.length, 3, 'wrong again after it was right')
})

t.test('a file that disappears keeps the old catalog, and is taken when it is back', async (t) => {
  const { store, work, said, names, settle } = openIn(t, { 'modelsconfig.yml': modelFile('one') })
  rmSync(join(work, 'modelsconfig.yml'))
  settle()
  t.equal(store.reload(), false)
  t.same(names(), ['one'])
  t.match(said, [/there is no such file/])
  writeFileSync(join(work, 'modelsconfig.yml'), modelFile('two'))
  settle()
  t.same(names(), ['two'])
})

t.test('the same content again changes nothing', async (t) => {
  const { store, work, settle } = openIn(t, { 'modelsconfig.yml': modelFile('one') })
  store.onChange(() => { t.fail('nothing has changed') })
  const before = store.current()
  writeFileSync(join(work, 'modelsconfig.yml'), modelFile('one'))
  settle()
  t.equal(store.reload(), true)
  t.equal(store.current(), before)
})

t.test('a file is read only when it has come to rest', async (t) => {
  const { clock, said, work, names } = openIn(t, { 'modelsconfig.yml': modelFile('one') })
  const path = join(work, 'modelsconfig.yml')
  const whole = modelFile('two')
  writeFileSync(path, whole.slice(0, 10))
  clock.pass(LOOK_MS) // seen, and not yet believed
  writeFileSync(path, whole.slice(0, 40))
  clock.pass(SETTLE_MS)
  t.same(names(), ['one'])
  t.same(said, [])
  writeFileSync(path, whole)
  clock.pass(SETTLE_MS)
  t.same(names(), ['one'])
  clock.pass(SETTLE_MS)
  t.same(names(), ['two'])
  t.same(said, [], 'the half-written file was never read')
})

t.test('a file that was replaced by renaming another is taken, again and again', async (t) => {
  const { work, names, settle } = openIn(t, { 'modelsconfig.yml': modelFile('one') })
  for (const name of ['two', 'three', 'four']) {
    writeFileSync(join(work, 'modelsconfig.yml~'), modelFile(name))
    renameSync(join(work, 'modelsconfig.yml~'), join(work, 'modelsconfig.yml'))
    settle()
    t.same(names(), [name])
  }
})

t.test('a symbolic link that is pointed elsewhere is taken, as mounted configuration does it', async (t) => {
  const folder = t.testdir({ v1: { 'm.yml': modelFile('one') }, v2: { 'm.yml': modelFile('two') } })
  symlinkSync('v1', join(folder, 'live'))
  symlinkSync('live/m.yml', join(folder, 'modelsconfig.yml'))
  const clock = steppedClock()
  const store = openCatalogStore({ path: undefined, folder, clock, warn: () => {} })
  t.teardown(() => { store.close() })
  symlinkSync('v2', join(folder, 'next'))
  renameSync(join(folder, 'next'), join(folder, 'live'))
  clock.pass(LOOK_MS + SETTLE_MS)
  t.same([...store.current().models.keys()], ['two'])
})

t.test('a change is heard at once where the system tells of it', async (t) => {
  const { clock, work, names } = openIn(t, { 'modelsconfig.yml': modelFile('one') })
  const heard = clock.asked(SETTLE_MS)
  const alive = setInterval(() => {}, 1_000) // the watch itself does not keep the process alive
  t.teardown(() => { clearInterval(alive) })
  writeFileSync(join(work, 'modelsconfig.yml'), modelFile('two'))
  await heard
  clock.pass(2 * SETTLE_MS)
  t.same(names(), ['two'])
})

t.test('after closing nothing waits and nothing is taken any more', async (t) => {
  const { store, clock, work, names, settle } = openIn(t, { 'modelsconfig.yml': modelFile('one') })
  store.close()
  t.equal(clock.waiting, 0)
  writeFileSync(join(work, 'modelsconfig.yml'), modelFile('two'))
  settle()
  t.same(names(), ['one'])
})

t.test('warnings of the file are said at start and at every change', async (t) => {
  const { work, said, settle } = openIn(t, { 'modelsconfig.yml': `${modelFile('one')}modles: 1\n` })
  t.match(said, ['modelsconfig.yml:4: modles: unknown key, ignored; did you mean "models"?'])
  writeFileSync(join(work, 'modelsconfig.yml'), `${modelFile('two')}modles: 1\n`)
  settle()
  t.equal(said.length, 2)
})

t.test('the packaged prices lie under the operator\'s own', async (t) => {
  const own = 'models:\n  mine:\n    backends: [{ provider: acme, model_id: listed, input_cost: 1 }]\n'
  const { store } = openIn(t, { 'modelsconfig.yml': own })
  const { prices, models } = store.current()
  t.same([...models.keys()], ['mine'], 'the packaged models are not served')
  t.equal(prices.get('acme:listed')?.rates.input?.nanoUsd, 1_000_000_000n)
  t.equal(prices.get('openai:tiny')?.rates.input?.nanoUsd, 8_000_000_000n)
})

t.test('behind another address the list prices of a provider mean nothing', async (t) => {
  const moved = `${modelFile('mine')}providers:\n  openai: { base_url: "http://127.0.0.1:1/v1" }\n`
  const { prices } = openIn(t, { 'modelsconfig.yml': moved }).store.current()
  t.notOk(prices.has('openai:tiny'))
  t.ok(prices.has('acme:listed'))
})

t.test('without a packaged file there are no list prices, and the operator\'s file is served', async (t) => {
  const { names, said } = openIn(t, { 'modelsconfig.yml': modelFile('one') }, { packaged: '/nowhere/modelsconfig.yml' })
  t.same(names(), ['one'])
  t.match(said, [/no built-in price list/])
})

t.test('a folder takes the place of the file and gives it back', async (t) => {
  const { store, work, said, names } = openIn(t, { 'modelsconfig.yml': modelFile('one') })
  rmSync(join(work, 'modelsconfig.yml'))
  mkdirSync(join(work, 'modelsconfig.yml'))
  t.equal(store.reload(), false)
  t.match(said, [/is not a file/])
  t.same(names(), ['one'])
})
