import t from 'tap'
import fc from 'fast-check'
import { Admission, type NoPlace, type Visitor } from '../../src/local/admission.ts'
import { manualClock } from '../keys/manual-clock.ts'

const FAR = '198.51.100.1'
const visitor = (keyId?: string, keyLimit?: number, ip = FAR): Visitor => ({ keyId, keyLimit, ip })

t.test('a key that may run nothing does not wait for it', async (t) => {
  const admission = new Admission({ places: 1, queueLength: 5, queueMs: 2_000, clock: manualClock() })
  t.notOk(admission.tryEnter('a', 0))
  t.match(admission.wait(visitor('a', 0), () => { t.fail('never told') }), { kind: 'key_full', limit: 0 })
})

t.test('neighbours in one IPv6 /64 stand in one line', async (t) => {
  const admission = new Admission({ places: 1, queueLength: 2, queueMs: 2_000, clock: manualClock() })
  t.ok(admission.tryEnter(undefined, undefined))
  const told: string[] = []
  const wait = (ip: string) => admission.wait(visitor(undefined, undefined, ip), (noPlace) => { told.push(`${ip} ${noPlace?.kind}`) })
  wait('2001:db8:0:1::1')
  wait('2001:db8:0:1::2')
  t.match(wait('2001:db8:0:1::3'), { kind: 'full' })
  t.type(wait('2001:db8:0:2::1'), 'function', 'somebody else gets a place in the queue of the long line')
  t.same(told, ['2001:db8:0:1::2 full'])
})

t.test('a limit that was lowered meanwhile refuses who waited under the higher one', async (t) => {
  const admission = new Admission({ places: 2, queueLength: 5, queueMs: 2_000, clock: manualClock() })
  const told: Array<NoPlace | undefined> = []
  for (let count = 0; count < 2; count++) t.ok(admission.tryEnter('a', 3))
  admission.wait(visitor('a', 1), (noPlace) => { told.push(noPlace) })
  admission.leave('a', 10)
  t.match(told, [{ kind: 'key_full', limit: 1 }])
  t.equal(admission.inFlight, 1)
})

t.test('closed, it tells who waits and who comes, and gives no place to anybody who would have to wait', async (t) => {
  const clock = manualClock()
  const admission = new Admission({ places: 1, queueLength: 5, queueMs: 2_000, clock })
  t.ok(admission.tryEnter(undefined, undefined))
  const told: Array<NoPlace | undefined> = []
  admission.wait(visitor(), (noPlace) => { told.push(noPlace) })
  admission.close()
  t.same(told, [{ kind: 'closed' }])
  t.same(admission.wait(visitor(), () => {}), { kind: 'closed' })
  t.equal(clock.waiting, 0)
  admission.leave(undefined, 10)
  t.equal(admission.inFlight, 0)
})

// Random histories of requests that come, go, give up and wait too long, against what must hold after every step.
const KEYS: readonly Visitor[] = [visitor('a', 1), visitor('b', 2), visitor('c', undefined), visitor(undefined, undefined, FAR)]
const step = fc.oneof(
  fc.record({ kind: fc.constant('come' as const), who: fc.nat(KEYS.length - 1) }),
  fc.record({ kind: fc.constant('end' as const), at: fc.nat(20) }),
  fc.record({ kind: fc.constant('giveUp' as const), at: fc.nat(20) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 1_500 }) })
)

t.test('in any history no limit is passed, nobody waits who could run, and everybody is told once', async (t) => {
  fc.assert(fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
    const clock = manualClock()
    const places = 3
    const admission = new Admission({ places, queueLength: 4, queueMs: 2_000, clock })
    const running: Visitor[] = []
    const waiting = new Map<symbol, { who: Visitor, giveUp: () => void }>()

    const come = (who: Visitor) => {
      if (admission.tryEnter(who.keyId, who.keyLimit)) {
        running.push(who)
        return
      }
      const id = Symbol('request')
      const verdict = admission.wait(who, (noPlace) => {
        if (!waiting.delete(id)) throw new Error('told twice, or after giving up')
        if (noPlace === undefined) running.push(who)
      })
      if (typeof verdict === 'function') waiting.set(id, { who, giveUp: verdict })
    }
    const act = {
      come: ({ who = 0 }) => { come(KEYS[who] as Visitor) },
      end: ({ at = 0 }) => {
        const [who] = running.splice(at % Math.max(1, running.length), 1)
        if (who) admission.leave(who.keyId, 10)
      },
      giveUp: ({ at = 0 }) => {
        const [id, left] = [...waiting][at % Math.max(1, waiting.size)] ?? []
        if (id === undefined) return
        waiting.delete(id)
        left?.giveUp()
      },
      pass: ({ ms = 1 }) => { clock.pass(ms) }
    }
    const countOf = (keyId: string | undefined) => running.filter((other) => other.keyId === keyId).length
    const isOut = ({ keyId, keyLimit = Infinity }: Visitor) =>
      running.length >= places || (keyId !== undefined && countOf(keyId) >= keyLimit)

    for (const one of steps) {
      act[one.kind](one)
      if (running.length > places || waiting.size > 4) return false
      if (running.length !== admission.inFlight || waiting.size !== admission.waiting) return false
      if (clock.waiting !== waiting.size) return false
      if (countOf('a') > 1 || countOf('b') > 2) return false
      if (![...waiting.values()].every(({ who }) => isOut(who))) return false
    }
    clock.pass(2_000)
    return waiting.size === 0
  }), { numRuns: 2_000 })
  t.pass('held')
})
