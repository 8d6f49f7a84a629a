// Places for requests in flight: so many in the process, and so many per key.

export interface PlaceRefusal {
  readonly scope: 'key' | 'broker'
  readonly limit: number
}

export class Places {
  readonly #limit: number
  #taken = 0
  /** Only keys with a request running are here, so the map is bounded by the process limit. */
  readonly #takenByKey = new Map<string, number>()

  /** @param limit places of the whole process; 0: as many as come. */
  constructor (limit: number) {
    this.#limit = limit === 0 ? Number.POSITIVE_INFINITY : limit
  }

  /** Takes a place, or says which limit forbids it. Every place taken must be released exactly once. */
  take (keyId: string | undefined, keyLimit: number | undefined): PlaceRefusal | undefined {
    if (this.#taken >= this.#limit) return { scope: 'broker', limit: this.#limit }
    if (keyId !== undefined) {
      const taken = this.#takenByKey.get(keyId) ?? 0
      if (keyLimit !== undefined && taken >= keyLimit) return { scope: 'key', limit: keyLimit }
      this.#takenByKey.set(keyId, taken + 1)
    }
    this.#taken++
    return undefined
  }

  release (keyId: string | undefined): void {
    this.#taken--
    if (keyId === undefined) return
    const taken = (this.#takenByKey.get(keyId) ?? 1) - 1
    if (taken === 0) this.#takenByKey.delete(keyId)
    else this.#takenByKey.set(keyId, taken)
  }

  get taken (): number { return this.#taken }
}
