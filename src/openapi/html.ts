// HTML out of pieces, where text cannot become markup: whatever is put in is escaped, unless it is HTML itself.

const SPECIAL: { readonly [character: string]: string } =
  { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export class Html {
  readonly markup: string
  constructor (markup: string) { this.markup = markup }
}

type Piece = Html | string | number | undefined | readonly Piece[]

export function html (strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(strings.map((text, at) => text + (at < pieces.length ? markupOf(pieces[at]) : '')).join(''))
}

function markupOf (piece: Piece): string {
  if (piece === undefined) return ''
  if (piece instanceof Html) return piece.markup
  if (typeof piece === 'object') return piece.map(markupOf).join('')
  return String(piece).replace(/[&<>"']/g, (character) => SPECIAL[character] as string)
}

/** Paragraphs, lists with "- " and `code`: all that descriptions use. */
export function prose (text: string): Html[] {
  return text.split('\n\n').map((block) => {
    const lines = block.split('\n')
    if (lines.every((line) => line.startsWith('- '))) {
      return html`<ul>${lines.map((line) => html`<li>${inline(line.slice(2))}</li>`)}</ul>`
    }
    return html`<p>${inline(block)}</p>`
  })
}

/** Text with `code` in it. */
export function inline (text: string): Html[] {
  return text.split('`').map((part, at) => at % 2 === 0 ? html`${part}` : html`<code>${part}</code>`)
}
