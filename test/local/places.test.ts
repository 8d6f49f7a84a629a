import t from 'tap'
import { Places } from '../../src/local/places.ts'

t.test('places are refused when the process or the key has none left', async (t) => {
  const places = new Places(3)
  t.equal(places.take('a', 2), undefined)
  t.equal(places.take('a', 2), undefined)
  t.same(places.take('a', 2), { scope: 'key', limit: 2 })
  t.equal(places.take('b', undefined), undefined)
  t.same(places.take(undefined, undefined), { scope: 'broker', limit: 3 })
  t.equal(places.taken, 3, 'a refusal takes nothing')
})

t.test('what is released can be taken again', async (t) => {
  const places = new Places(1)
  for (let round = 0; round < 5; round++) {
    t.equal(places.take('a', 1), undefined)
    t.same(places.take('b', 1), { scope: 'broker', limit: 1 })
    places.release('a')
    t.equal(places.taken, 0)
  }
})

t.test('a limit of 0 for the process means none, for a key that it may not run anything', async (t) => {
  const places = new Places(0)
  for (let count = 0; count < 2_000; count++) t.equal(places.take(undefined, undefined), undefined)
  t.same(places.take('a', 0), { scope: 'key', limit: 0 })
})
