// How the text of a flag or a variable becomes a value: each reader names the setting it refuses.

/** A setting that cannot be used: the CLI prints the sentence and exits with 2. */
export class SettingsError extends Error {}

export function readCount (name: string, text: string | undefined, fallback: number, largest: number): number {
  if (text === undefined || text === '') return fallback
  const count = Number(text)
  if (!/^\d+$/.test(text) || count > largest) {
    throw new SettingsError(`${name} must be a whole number from 0 to ${largest}, not "${text}"`)
  }
  return count
}

/** A line break would end the comment, and what follows would be an event. */
export function readLine (name: string, text: string | undefined, fallback: string): string {
  if (text === undefined || text === '') return fallback
  // eslint-disable-next-line no-control-regex -- they are what must not be in it
  if (/^[^\x00-\x1f\x7f]{1,100}$/.test(text)) return text
  throw new SettingsError(`${name} must be one line of at most 100 characters`)
}

export function readChoice<T extends string> (
  name: string, text: string | undefined, fallback: T, choices: readonly T[]
): T {
  if (text === undefined || text === '') return fallback
  const choice = choices.find((choice) => choice === text)
  if (!choice) throw new SettingsError(`${name} must be one of ${choices.join(', ')}, not "${text}"`)
  return choice
}

export function readUrl (name: string, text: string | undefined): URL | undefined {
  if (text === undefined || text === '') return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && (url.protocol === 'https:' || url.protocol === 'http:')) return url
  throw new SettingsError(`${name} must be an http or https URL`) // not quoted: it may hold a token
}

export function readList (text: string | undefined): string[] {
  return (text ?? '').split(',').map((part) => part.trim()).filter((part) => part !== '')
}

export function isTrue (text: string | undefined): boolean {
  return text === '1' || text === 'true' || text === 'yes'
}
