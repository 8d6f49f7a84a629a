import t from 'tap'
import { Places } from '../../src/local/places.ts'

t.test('places are refused when the process or the key has none left', async (t) => {
  const places = new Places(3)
  t.ok(places.take('a', 2))
  t.ok(places.take('a', 2))
  t.notOk(places.take('a', 2))
  t.ok(places.isKeyFull('a', 2))
  t.notOk(places.isFull, 'for others there is one left')
  t.ok(places.take('b', undefined))
  t.notOk(places.take(undefined, undefined))
  t.ok(places.isFull)
  t.notOk(places.isKeyFull('b', undefined), 'a key without a limit is never full')
  t.equal(places.taken, 3, 'a refusal takes nothing')
})

t.test('what is released can be taken again', async (t) => {
  const places = new Places(1)
  for (let round = 0; round < 5; round++) {
    t.ok(places.take('a', 1))
    t.notOk(places.take('b', 1))
    places.release('a')
    t.equal(places.taken, 0)
    t.notOk(places.isKeyFull('a', 1))
  }
})

t.test('a limit of 0 for the process means none, for a key that it may not run anything', async (t) => {
  const places = new Places(0)
  for (let count = 0; count < 2_000; count++) t.ok(places.take(undefined, undefined))
  t.notOk(places.isFull)
  t.notOk(places.take('a', 0))
  t.ok(places.isKeyFull('a', 0))
})
