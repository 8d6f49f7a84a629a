// What the environment says of a provider: its keys, its base URL, its attribution. Nothing else reads these variables.

import { SettingsError } from '../settings.ts'
import { cleanAttribution, type Attribution } from './attribution.ts'
import { readKeys } from './key-text.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** `my-vllm` reads MY_VLLM_API_KEY: the prefix for a provider that only modelsconfig.yml knows. */
export function prefixOf (providerId: string): string {
  return providerId.toUpperCase().replace(/[^A-Z0-9]+/g, '_')
}

export interface EnvironmentKeys {
  /** Plain text: wrap at once, keep nowhere. */
  readonly keys: readonly string[]
  /** The variables that gave a key. */
  readonly variables: readonly string[]
}

/**
 * `X_API_KEY` and `X_API_KEYS` of every prefix, in this order, merged. Both may hold several, separated by commas.
 * @throws SettingsError naming the variable.
 */
export function readEnvironmentKeys (prefixes: readonly string[], env: Environment): EnvironmentKeys {
  const keys = new Set<string>()
  const variables: string[] = []
  for (const name of prefixes.flatMap((prefix) => [`${prefix}_API_KEY`, `${prefix}_API_KEYS`])) {
    const found = readKeys(env[name] ?? '', ',', name)
    if (found.length === 0) continue
    variables.push(name)
    for (const key of found) keys.add(key)
  }
  return { keys: [...keys], variables }
}

/**
 * `X_BASE_URL` of the first prefix that has one; undefined: none is set.
 * @throws SettingsError naming the variable.
 */
export function readEnvironmentUrl (prefixes: readonly string[], env: Environment): string | undefined {
  for (const prefix of prefixes) {
    const name = `${prefix}_BASE_URL`
    const text = env[name]?.trim() ?? ''
    if (text !== '') return readBaseUrl(text, name)
  }
  return undefined
}

/**
 * An http or https URL to append paths to, without trailing slash.
 * @throws SettingsError naming `source` and not the URL: a password may be in it.
 */
export function readBaseUrl (text: string, source: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isUsable = url !== undefined && /^https?:$/.test(url.protocol) &&
    url.username === '' && url.password === '' && !/[?#]/.test(text)
  if (!isUsable) {
    throw new SettingsError(`${source} must be an http or https URL without user name, query and fragment, like https://api.openai.com/v1`)
  }
  return url.origin + url.pathname.replace(/\/+$/, '')
}

/** Attribution for clients that send none of their own. */
export function readEnvironmentAttribution (
  names: { readonly referer: string, readonly title: string }, env: Environment
): Attribution {
  return { referer: toHeader(env[names.referer]), title: toHeader(env[names.title]) }
}

/** Header text is bytes: a name outside Latin-1 goes out as UTF-8. A client's own header arrives that way already. */
function toHeader (text: string | undefined): string | undefined {
  return text === undefined ? undefined : cleanAttribution(Buffer.from(text, 'utf8').toString('latin1'))
}
