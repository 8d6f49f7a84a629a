// A text in pieces that are counted one by one, so that no text takes a tokenizer long.
//
// DESIGN. Merging pairs of bytes takes time by the square of the length of a word, and to a tokenizer a line of
// Chinese, a run of emoji or a megabyte of `a` is one word: 20,000 characters of it took two seconds, 256 take one or
// two milliseconds. So a text is cut after at most 256 characters: where a word ends for certain, which changes no
// count, else anywhere, and then a token more is counted for the two words that were one.

export const LONGEST_PIECE = 256

export interface Piece {
  readonly text: string
  /** It ends in the middle of what may be one word. */
  readonly isCut: boolean
}

export function * piecesOf (text: string): Generator<Piece> {
  let from = 0
  while (text.length - from > LONGEST_PIECE) {
    const border = borderBefore(text, from, from + LONGEST_PIECE)
    const to = border ?? wholeCharacter(text, from + LONGEST_PIECE)
    yield { text: text.slice(from, to), isCut: border === undefined }
    from = to
  }
  if (from < text.length) yield { text: text.slice(from), isCut: false }
}

/** Never less than `count` of the whole, which is the same wherever words are shorter than a piece. */
export function countByPieces (text: string, count: (piece: string) => number): number {
  let sum = 0
  for (const piece of piecesOf(text)) sum += count(piece.text) + (piece.isCut ? 1 : 0)
  return sum
}

const LETTER = /\p{L}/u
const MARKS = new Set('.,;:!?)]}"\n\u3001\u3002\uff0c\uff01\uff1f')

/** The last place where a word ends for certain; undefined: none is between the two. */
function borderBefore (text: string, from: number, to: number): number | undefined {
  for (let at = to; at > from; at--) {
    if (isBorder(text, at)) return at
  }
  return undefined
}

/** A letter, and then what no word goes on with: a space before another letter, or a mark. */
function isBorder (text: string, at: number): boolean {
  const before = text[at - 1] ?? ''
  const after = text[at] ?? ''
  if (!LETTER.test(before)) return false
  return after === ' ' ? LETTER.test(text[at + 1] ?? '') : MARKS.has(after)
}

/** Not between the two halves of a character. */
function wholeCharacter (text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at
}
