// A text that comes in pieces and is joined when it is asked for, once for all who ask then.

export class Words {
  #pieces: string[] = []

  add (text: string): void {
    if (text !== '') this.#pieces.push(text)
  }

  get whole (): string {
    if (this.#pieces.length > 1) this.#pieces = [this.#pieces.join('')]
    return this.#pieces[0] ?? ''
  }
}
