// JSON as models write it, made JSON: out of its fence or the words around it, with commas, quotes and closing brackets
// put right. Strings and numbers stay as they are written.
//
// What must hold: what is not mended for sure is not touched, and what comes out can be parsed. Nothing is invented: a
// text that breaks off within a value has lost more than brackets and stays as it is.

const DEEPEST = 128
/** Places in a text that are tried as the start of the value. */
const MOST_STARTS = 32
const LONGEST_TEXT = 4 * 1024 * 1024
const SPACE = /\s*/y
const STRING = /"[^"\\]*(?:\\[^][^"\\]*)*"/y
const QUOTED = /'[^'\\]*(?:\\[^][^'\\]*)*'/y
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const NAME = /[A-Za-z_$][\w$-]*/y
const WORDS: { readonly [word: string]: string } = {
  true: 'true', false: 'false', null: 'null', True: 'true', False: 'false', None: 'null'
}
const FENCE = /```[\w-]*[^\S\n]*\n([^]*?)```/
const BARE_CONTROL: { readonly [letter: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** The text as JSON; the same text when it is JSON already; undefined when that cannot be made of it. */
export function mendJson (text: string): string | undefined {
  if (isJson(text)) return text
  if (text.length > LONGEST_TEXT) return undefined
  const fenced = FENCE.exec(text)?.[1]
  return (fenced === undefined ? undefined : longestIn(fenced)) ?? longestIn(text)
}

/** The longest object or list in a text: a remark in brackets may stand before it. */
function longestIn (text: string): string | undefined {
  let longest: string | undefined
  const opening = /[{[]/g
  for (let starts = 0; starts < MOST_STARTS; starts++) {
    const found = opening.exec(text)
    if (!found) break
    const mender = new Mender(text, found.index)
    const mended = mender.mend()
    if (mended === undefined || !isJson(mended)) continue
    if (longest === undefined || mended.length > longest.length) longest = mended
    opening.lastIndex = mender.at
  }
  return longest
}

function isJson (text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false // that is the question
  }
}

class Unmendable extends Error {}

/** Reads one value and writes it again. */
class Mender {
  readonly #text: string
  at: number

  constructor (text: string, at: number) {
    this.#text = text
    this.at = at
  }

  mend (): string | undefined {
    try {
      return this.#value(0)
    } catch (error) {
      if (error instanceof Unmendable) return undefined
      throw error
    }
  }

  #value (depth: number): string {
    const letter = this.#text[this.at]
    if (depth > DEEPEST) throw new Unmendable()
    if (letter === '{') return this.#list('}', () => `${this.#name()}${this.#colon()}${this.#value(depth + 1)}`)
    if (letter === '[') return this.#list(']', () => this.#value(depth + 1))
    return this.#string() ?? this.#take(NUMBER) ?? this.#word()
  }

  /** The end of the text closes what is open, but never behind a comma, a name or a colon. */
  #list (closing: '}' | ']', item: () => string): string {
    const opening = this.#text[this.at++] ?? ''
    let written = opening + this.#space()
    for (let isFirst = true; ; isFirst = false) {
      if (this.#skip(closing)) return written + closing
      const value = item()
      written += (isFirst ? '' : ', ') + value
      this.#space()
      if (this.at >= this.#text.length) return written + closing
      const hasComma = this.#skip(',')
      const gap = this.#space()
      if (!hasComma && this.#text[this.at] !== closing) throw new Unmendable()
      if (this.#text[this.at] === closing) written += gap
    }
  }

  #name (): string {
    return this.#string() ?? JSON.stringify(this.#take(NAME) ?? fail())
  }

  #colon (): string {
    this.#space()
    if (!this.#skip(':')) throw new Unmendable()
    this.#space()
    return ': '
  }

  #string (): string | undefined {
    const plain = this.#take(STRING)
    if (plain !== undefined) return plain.replace(/[\n\r\t]/g, (letter) => BARE_CONTROL[letter] ?? '')
    const quoted = this.#take(QUOTED)
    if (quoted === undefined) return undefined
    const inner = quoted.slice(1, -1).replace(/\\'/g, '\'').replace(/(\\[^])|"/g, (_, escape?: string) => escape ?? '\\"')
    return `"${inner.replace(/[\n\r\t]/g, (letter) => BARE_CONTROL[letter] ?? '')}"`
  }

  #word (): string {
    const word = this.#take(NAME) ?? fail()
    return Object.hasOwn(WORDS, word) ? WORDS[word] as string : fail()
  }

  #space (): string {
    return this.#take(SPACE) ?? ''
  }

  #skip (letter: string): boolean {
    if (this.#text[this.at] !== letter) return false
    this.at++
    return true
  }

  #take (pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.#text)?.[0]
    if (found === undefined) return undefined
    this.at += found.length
    return found
  }
}

function fail (): never {
  throw new Unmendable()
}
