import t from 'tap'
import { WaitingLines } from '../../src/local/waiting-lines.ts'

/** Waiters are words; the line is their first letter. */
function linesOf (words: readonly string[]): WaitingLines<string> {
  const lines = new WaitingLines<string>()
  for (const word of words) lines.add(word.charAt(0), word, false)
  return lines
}

function drained (lines: WaitingLines<string>): string[] {
  const order: string[] = []
  for (let next = lines.next(); next !== undefined; next = lines.next()) order.push(next)
  return order
}

t.test('lines are served in turn, each in the order of arrival', async (t) => {
  const lines = linesOf(['a1', 'a2', 'a3', 'b1', 'c1', 'b2'])
  t.same(drained(lines), ['a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
  t.equal(lines.size, 0)
})

t.test('who comes later joins behind the lines that are there', async (t) => {
  const lines = linesOf(['a1', 'a2', 'b1'])
  t.equal(lines.next(), 'a1')
  lines.add('c', 'c1', false)
  t.same(drained(lines), ['b1', 'a2', 'c1'])
})

t.test('a parked line has no turn until it is unparked, and then the last one', async (t) => {
  const lines = linesOf(['a1', 'b1', 'c1'])
  lines.park('a')
  lines.add('d', 'd1', true)
  t.equal(lines.next(), 'b1')
  lines.unpark('a')
  t.same(drained(lines), ['c1', 'a1'])
  t.equal(lines.size, 1)
  lines.add('d', 'd2', false)
  t.equal(lines.next(), undefined, 'the line stays where it began')
  lines.unpark('d')
  t.same(drained(lines), ['d1', 'd2'])
})

t.test('who leaves is gone, once, and an empty line leaves nothing behind', async (t) => {
  const lines = linesOf(['a1', 'a2'])
  t.ok(lines.remove('a', 'a1'))
  t.notOk(lines.remove('a', 'a1'))
  t.notOk(lines.remove('z', 'z1'))
  t.equal(lines.size, 1)
  t.ok(lines.remove('a', 'a2'))
  t.equal(lines.lengthOf('a'), 0)
  lines.add('a', 'a3', true)
  t.equal(lines.next(), undefined, 'a line that ended begins anew')
})

t.test('the surplus is the end of the longest line, and only for a line that is shorter by two', async (t) => {
  const lines = linesOf(['a1', 'b1', 'a2', 'a3', 'b2'])
  t.equal(lines.surplusFor('c'), 'a3')
  t.equal(lines.surplusFor('b'), undefined)
  t.equal(lines.surplusFor('a'), undefined)
  lines.park('a')
  t.equal(lines.surplusFor('c'), 'a3', 'also when it is parked')
  t.equal(new WaitingLines().surplusFor('a'), undefined)
})

t.test('clearing takes everybody out', async (t) => {
  const lines = linesOf(['a1', 'b1'])
  lines.park('b')
  t.same(lines.clear(), ['a1', 'b1'])
  t.equal(lines.size, 0)
  t.same(drained(lines), [])
})
