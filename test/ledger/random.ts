// Random numbers that repeat: the same seed gives the same run.

export interface Random {
  /** A whole number from 0 to `most`. */
  upTo (most: number): number
  pick<Item> (items: readonly Item[]): Item
}

/** Mulberry32: 32 bits of state are plenty for a test. */
export function createRandom (seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const upTo = (most: number): number => Math.floor(next() * (most + 1))
  return { upTo, pick: (items) => items[upTo(items.length - 1)] as typeof items[number] }
}
