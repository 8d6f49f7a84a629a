// Server-sent events as latin1 text (one character a byte): taken apart, read, and put together again.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream

/** Two line ends and all that follow: empty lines in a row are one boundary. */
const BLANK_LINES = /(?:\r\n|\n|\r(?!\n)){2,}/g

/** The events of a block, each with its own blank lines. */
export function eventsOf (text: string): string[] {
  const events: string[] = []
  let from = 0
  for (const match of text.matchAll(BLANK_LINES)) {
    const end = match.index + match[0].length
    events.push(text.slice(from, end))
    from = end
  }
  if (from < text.length) events.push(text.slice(from))
  return events
}

const DATA_LINE = /(?:^|[\r\n])\ufeff?(?:\u00ef\u00bb\u00bf)?data:[ ]?([^\r\n]*)/g

/** The data of one event as real text (UTF-8 decoded); undefined when it has none (comments, `event:` alone). */
export function dataOf (event: string): string | undefined {
  const lines: string[] = []
  for (const match of event.matchAll(DATA_LINE)) lines.push(match[1] ?? '')
  return lines.length === 0 ? undefined : Buffer.from(lines.join('\n'), 'latin1').toString('utf8')
}

const STRAY_LINE = /^(?!(?:\u00ef\u00bb\u00bf)?(?:(?:data|event|id|retry)(?::|$)|:))[^\r\n]+/gm

/** The lines of an event that are neither a field nor a comment, decoded; undefined: none. Clients skip such lines. */
export function straysOf (event: string): string | undefined {
  const lines = event.match(STRAY_LINE)
  return lines ? Buffer.from(lines.join('\n'), 'latin1').toString('utf8') : undefined
}

/**
 * The event with its JSON changed by `edit` (bytes in, bytes out). Events whose data spans lines stay as they are:
 * no provider of record sends them, and joining lines would change bytes nobody declared.
 */
export function withJson (event: string, edit: (json: Buffer) => Buffer): string {
  const open = event.indexOf('{')
  const close = event.lastIndexOf('}')
  if (open === -1 || close < open || /[\r\n]/.test(event.slice(open, close))) return event
  const edited = edit(Buffer.from(event.slice(open, close + 1), 'latin1'))
  return event.slice(0, open) + edited.toString('latin1') + event.slice(close + 1)
}
