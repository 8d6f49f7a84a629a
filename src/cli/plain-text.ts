// Text that came from clients and providers, made safe for a terminal, and tables of it.

/**
 * Control characters (an escape sequence can rewrite the screen or answer for the user), line and direction marks (they
 * show a name as another one), and lone surrogates.
 */
// eslint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Surrogate}/gu

/** The text with every unsafe character shown as U+FFFD. */
export function plain (text: string): string {
  return text.replace(UNSAFE, '\ufffd')
}

/** JSON that is safe to print. */
export function plainJson (value: unknown): string {
  return plainJsonText(JSON.stringify(value, undefined, 2))
}

/** The same JSON with escapes for what JSON itself leaves raw (DEL, C1, direction marks). Line breaks stay. */
export function plainJsonText (json: string): string {
  return json.replace(UNSAFE, (character) => character === '\n' ? character : escapeOf(character))
}

/** `1 attempt`, `2 attempts`. */
export function counted (count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

export interface Column {
  readonly title: string
  readonly align: 'left' | 'right'
}

/** Rows under their titles, columns aligned; totals under a rule. Cells are made plain. */
export function table (
  columns: readonly Column[], rows: ReadonlyArray<readonly string[]>, totals?: readonly string[]
): string {
  const body = [columns.map(({ title }) => title), ...rows, ...totals ? [totals] : []].map((cells) => cells.map(plain))
  const widths = columns.map((_, at) => Math.max(...body.map((cells) => lengthOf(cells[at] ?? ''))))
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  const lines = body.map((cells) => columns.map(({ align }, at) => pad(cells[at] ?? '', widths[at] ?? 0, align)).join('  '))
  if (totals) lines.splice(-1, 0, rule)
  lines.splice(1, 0, rule)
  return lines.map((line) => line.trimEnd()).join('\n')
}

function pad (text: string, width: number, align: Column['align']): string {
  const space = ' '.repeat(width - lengthOf(text))
  return align === 'right' ? space + text : text + space
}

/** In characters, not in UTF-16 units. */
function lengthOf (text: string): number {
  return [...text].length
}

function escapeOf (character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
