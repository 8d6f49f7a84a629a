// Which known names somebody may have meant: for hints in errors and warnings.

/** Longer inputs are not typing mistakes, and comparing costs time that a stranger could make us spend. */
const LONGEST_NAME = 120
const SHORTEST_PART = 3

/**
 * Up to `most` of `names` that are close to `name`, the closest first: few letters differ, or one holds the other
 * ("claude-sonnet" finds "claude-sonnet-5"). Case and punctuation do not count. Empty when nothing is close.
 */
export function nearestNames (name: string, names: Iterable<string>, most: number): string[] {
  if (name.length > LONGEST_NAME) return []
  const wanted = lettersOf(name)
  const farthest = Math.max(1, Math.floor(wanted.length / 3))
  const near: Array<{ known: string, distance: number }> = []
  for (const known of names) {
    const distance = distanceBetween(wanted, lettersOf(known), farthest)
    if (distance <= farthest) near.push({ known, distance })
  }
  near.sort((a, b) => a.distance - b.distance || (a.known < b.known ? -1 : 1))
  return near.slice(0, most).map(({ known }) => known)
}

function lettersOf (name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/**
 * Between 0 and 1 when the known name `b` holds the other, so that those come right after the exact ones; between 1 and
 * 2 when it is held: "gpt-4o-mni" rather is "gpt-4o-mini" than "gpt-4o".
 */
function distanceBetween (a: string, b: string, farthest: number): number {
  if (a === b) return 0
  const [short, long] = a.length < b.length ? [a, b] : [b, a]
  if (short.length >= SHORTEST_PART && long.includes(short)) {
    const missing = 1 - short.length / long.length
    return long === b ? missing : Math.min(farthest, 1 + missing)
  }
  if (long.length - short.length > farthest) return Infinity
  return editDistance(short, long, farthest)
}

/** Insertions, deletions and substitutions; Infinity as soon as there must be more than `farthest`. */
function editDistance (a: string, b: string, farthest: number): number {
  if (lettersApart(a, b) > farthest) return Infinity
  let row = Uint16Array.from({ length: b.length + 1 }, (_, column) => column)
  let next = new Uint16Array(b.length + 1)
  for (let i = 0; i < a.length; i++) {
    if (fillRow(next, row, { letter: a.charCodeAt(i), b, first: i + 1 }) > farthest) return Infinity
    const filled = next
    next = row
    row = filled
  }
  return row[b.length] ?? Infinity
}

interface RowOf {
  readonly letter: number
  readonly b: string
  readonly first: number
}

/** Returns the least of the row: the distance cannot be less. */
function fillRow (next: Uint16Array, row: Uint16Array, { letter, b, first }: RowOf): number {
  let least = first
  let left = first
  next[0] = first
  for (let j = 0; j < b.length; j++) {
    const swap = (row[j] ?? 0) + (letter === b.charCodeAt(j) ? 0 : 1)
    left = Math.min(swap, (row[j + 1] ?? 0) + 1, left + 1)
    next[j + 1] = left
    if (left < least) least = left
  }
  return least
}

const counts = new Int16Array(128)

/**
 * Letters the longer has and the shorter has not: each needs an edit of its own. It spares most names the comparison:
 * among ten thousand an unknown one is looked up in 6 ms instead of 52.
 */
function lettersApart (short: string, long: string): number {
  counts.fill(0)
  for (let at = 0; at < short.length; at++) counts[short.charCodeAt(at)]!++
  let missing = 0
  for (let at = 0; at < long.length; at++) {
    if (counts[long.charCodeAt(at)]!-- <= 0) missing++
  }
  return missing
}
