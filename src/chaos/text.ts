// The words of an answer: known in advance, so that whoever gets them can tell whether they are whole.

export function textOf (count: number): string {
  return piecesOf('token', count).join('')
}

export function thoughtsOf (count: number): string {
  return piecesOf('thought', count).join('')
}

/** One piece a token: `token-1`, ` token-2`, … */
export function tokenPieces (count: number): string[] {
  return piecesOf('token', count)
}

export function thoughtPieces (count: number): string[] {
  return piecesOf('thought', count)
}

/** The text behind a delivered prefix, in pieces; undefined when the text does not begin with it. */
export function piecesBehind (prefix: string, count: number): string[] | undefined {
  const pieces = tokenPieces(count)
  if (!pieces.join('').startsWith(prefix)) return undefined
  let skip = prefix.length
  const rest = pieces.map((piece) => {
    const kept = piece.slice(skip)
    skip = Math.max(0, skip - piece.length)
    return kept
  })
  return rest.filter((piece) => piece !== '')
}

function piecesOf (word: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${at === 0 ? '' : ' '}${word}-${at + 1}`)
}
