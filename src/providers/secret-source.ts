// Where a credential is found, as modelsconfig.yml spells it: none, env:NAME, file:PATH, command:["program","word"].

import { Secret } from '../core/secret.ts'
import { SettingsError } from '../settings.ts'

export type SecretSource =
  | { readonly kind: 'none', readonly label: string }
  | { readonly kind: 'env', readonly label: string, readonly name: string }
  | { readonly kind: 'file', readonly label: string, readonly path: string }
  /** `argv` is JSON and kept like a key: an argument may be a token. */
  | { readonly kind: 'command', readonly label: string, readonly argv: Secret }

const LABEL_WORDS = 2
const LONGEST_LABEL_WORD = 64
const LATER = /^(keychain:|op:\/\/|azure-keyvault:)/

/** Readers by what the text starts with; each gets the rest, and gives undefined when it makes no sense. */
const READERS: ReadonlyArray<readonly [start: string, read: (rest: string) => SecretSource | undefined]> = [
  ['none', (rest) => rest === '' ? { kind: 'none', label: 'none' } : undefined],
  ['env:', (name) => /^[A-Za-z_]\w*$/.test(name) ? { kind: 'env', label: `env:${name}`, name } : undefined],
  ['file:', (path) => path === '' ? undefined : { kind: 'file', label: `file:${path}`, path }],
  ['command:', readCommandSource]
]

/**
 * Reads the text of `credential`; `where` is its place in the file. The label is safe to show and log.
 * @throws SettingsError
 */
export function readSecretSource (text: string, where: string): SecretSource {
  const trimmed = text.trim()
  if (LATER.test(trimmed)) {
    throw new SettingsError(`${where}: this kind of credential is not built yet; use env:, file: or command:`)
  }
  const reader = READERS.find(([start]) => trimmed.startsWith(start))
  const source = reader?.[1](trimmed.slice(reader[0].length))
  if (source) return source
  // Not quoted: somebody may have put the key itself here.
  throw new SettingsError(`${where} must be none, env:NAME, file:PATH or command:["program","word"]`)
}

function readCommandSource (json: string): SecretSource | undefined {
  const argv = readArgv(json)
  if (!argv) return undefined
  const words = argv.slice(0, LABEL_WORDS).map((word) => word.slice(0, LONGEST_LABEL_WORD))
  const label = `command:${words.join(' ')}${argv.length > LABEL_WORDS ? ' …' : ''}`
  return { kind: 'command', label, argv: new Secret(JSON.stringify(argv)) }
}

/** The words of a command; undefined: the text is no such list. */
export function readArgv (json: string): string[] | undefined {
  try {
    const argv: unknown = JSON.parse(json)
    if (!Array.isArray(argv) || argv.length === 0 || argv[0] === '') return undefined
    return argv.every((word) => typeof word === 'string' && !word.includes('\0')) ? argv as string[] : undefined
  } catch {
    return undefined // the caller knows where the text stood
  }
}
