// Places for requests in flight: so many in the process, and so many per key. Counting only; who waits is elsewhere.

export class Places {
  /** Of the whole process; infinite when there is no limit. */
  readonly limit: number
  #taken = 0
  /** Only keys with a request running are here, so the map is bounded by what runs. */
  readonly #takenByKey = new Map<string, number>()

  /** @param limit places of the whole process; 0: as many as come. */
  constructor (limit: number) {
    this.limit = limit === 0 ? Number.POSITIVE_INFINITY : limit
  }

  /** Takes a place, or answers false and takes nothing. Every place taken must be released exactly once. */
  take (keyId: string | undefined, keyLimit: number | undefined): boolean {
    if (this.#taken >= this.limit) return false
    if (keyId !== undefined) {
      const taken = this.#takenByKey.get(keyId) ?? 0
      if (keyLimit !== undefined && taken >= keyLimit) return false
      this.#takenByKey.set(keyId, taken + 1)
    }
    this.#taken++
    return true
  }

  release (keyId: string | undefined): void {
    this.#taken--
    if (keyId === undefined) return
    const taken = (this.#takenByKey.get(keyId) ?? 1) - 1
    if (taken === 0) this.#takenByKey.delete(keyId)
    else this.#takenByKey.set(keyId, taken)
  }

  /** True when the key's own limit keeps it out, whatever else is free. */
  isKeyFull (keyId: string | undefined, keyLimit: number | undefined): boolean {
    if (keyId === undefined || keyLimit === undefined) return false
    return (this.#takenByKey.get(keyId) ?? 0) >= keyLimit
  }

  get taken (): number { return this.#taken }
  get isFull (): boolean { return this.#taken >= this.limit }
}
