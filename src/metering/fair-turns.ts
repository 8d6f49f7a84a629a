// Whose turn it is where many want one thing: each in turn, however much one of them has waiting.

export class FairTurns<Item> {
  readonly #mostEach: number
  /** In the order of their turns; nobody is in it with nothing. */
  readonly #items = new Map<string, Item[]>()
  #size = 0

  /** `mostEach`: items that one may have waiting. */
  constructor (mostEach: number) {
    this.#mostEach = mostEach
  }

  get size (): number {
    return this.#size
  }

  /** False: that one has as many waiting as it may. */
  add (holder: string, item: Item): boolean {
    const own = this.#items.get(holder)
    if (own && own.length >= this.#mostEach) return false
    if (own) own.push(item)
    else this.#items.set(holder, [item])
    this.#size++
    return true
  }

  /** The oldest item of whoever waits for longest; whoever has more goes behind all others. */
  next (): Item | undefined {
    const [first] = this.#items
    if (!first) return undefined
    const [holder, own] = first
    const item = own.shift()
    this.#items.delete(holder)
    if (own.length > 0) this.#items.set(holder, own)
    this.#size--
    return item
  }

  clear (): void {
    this.#items.clear()
    this.#size = 0
  }
}
