// Our credential out of a provider's words, however its JSON writer spelt them (P8).

import type { Secret } from '../core/secret.ts'

/** One escape of a JSON string. The pair of backslashes is matched to be left alone. */
const ESCAPE = /\\(?:u([0-9a-f]{4})|[^])/gi

/**
 * The text with a mask wherever the secret stands in it. Gson writes `=` as `\u003d`, Go `&` as `\u0026`, PHP `/` as
 * `\/`: whoever parses the text would read the secret again. So it is looked for behind the escapes as well, and only
 * a text that has it there loses its escapes of printable ASCII.
 */
export function hideIn (text: string, secret: Secret | undefined): string {
  if (!secret) return text
  const shown = secret.hideIn(text)
  if (!shown.includes('\\')) return shown
  const plain = shown.replace(ESCAPE, unescaped)
  const hidden = secret.hideIn(plain)
  return hidden === plain ? shown : hidden
}

/** Quotes and backslashes stay escaped, so that JSON stays JSON. */
function unescaped (escape: string, hex: string | undefined): string {
  if (escape === '\\/') return '/'
  if (hex === undefined) return escape
  const character = String.fromCharCode(parseInt(hex, 16))
  return /[ !#-[\]-~]/.test(character) ? character : escape
}
