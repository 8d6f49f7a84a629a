// What of a request no chat can say: named once each, for the header that tells the client.

/** A client can send any number of members: more names than these help nobody. */
const MOST_NAMES = 20
const LONGEST_NAME = 64

export class Losses {
  readonly #names = new Set<string>()

  add (name: string): void {
    if (this.#names.size < MOST_NAMES) this.#names.add(name.slice(0, LONGEST_NAME))
  }

  get names (): readonly string[] {
    return [...this.#names]
  }
}
