// Provider keys added by the command line: `<home>/provider-keys.json`, `{"openai":["sk-…"]}`, mode 0600.
//
// Every call reads the file again, so a key added by a command is there when a running broker reloads. Two commands at
// the same moment: the one that writes last wins; the file is whole either way.

import { join } from 'node:path'
import { Secret } from '../core/secret.ts'
import { SettingsError } from '../settings.ts'
import { readKeys, toSecrets } from './key-text.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

export interface StoredKey {
  readonly provider: string
  /** Counts from 1 within the provider; the number `remove` takes. */
  readonly number: number
  /** Enough to tell two keys apart, not to use one. */
  readonly hint: string
}

/** Every function throws SettingsError when the file is not ours alone or not what it should be. */
export interface KeyFile {
  readonly path: string
  secretsOf (provider: string): readonly Secret[]
  /** False: the key is there already. */
  add (provider: string, key: string): boolean
  list (): readonly StoredKey[]
  /** False: there is no such key. */
  remove (provider: string, number: number): boolean
}

type Keys = Record<string, string[]>

export function createKeyFile (home: string): KeyFile {
  const path = join(home, 'provider-keys.json')
  return {
    path,
    secretsOf: (provider) => toSecrets(readStored(path)[provider] ?? []),
    add (provider, key) {
      const [added] = readKeys(key, '\n', 'The key')
      if (added === undefined) throw new SettingsError('The key is empty')
      const keys = readStored(path)
      const own = keys[provider] ?? []
      if (own.includes(added)) return false
      writePrivateFile(path, toText({ ...keys, [provider]: [...own, added] }))
      return true
    },
    list: () => Object.entries(readStored(path)).flatMap(([provider, own]) =>
      own.map((key, index) => ({ provider, number: index + 1, hint: new Secret(key).hint }))),
    remove (provider, number) {
      const keys = readStored(path)
      const own = keys[provider] ?? []
      const kept = own.filter((_, index) => index + 1 !== number)
      if (kept.length === own.length) return false
      const { [provider]: _, ...others } = keys
      writePrivateFile(path, toText(kept.length === 0 ? others : { ...keys, [provider]: kept }))
      return true
    }
  }
}

function readStored (path: string): Keys {
  const text = readPrivateFile(path)
  if (text === undefined || text.trim() === '') return Object.create(null) as Keys
  const keys: Keys = Object.create(null) as Keys // a provider may be called "constructor"
  for (const [provider, own] of Object.entries(parse(text, path))) {
    if (!Array.isArray(own) || !own.every((key) => typeof key === 'string')) throw notAKeyFile(path)
    keys[provider] = own.flatMap((key) => readKeys(key, '\n', path))
  }
  return keys
}

function parse (text: string, path: string): object {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed
  } catch {
    // The parser quotes the text around the mistake, and here that is a key: nothing of its words may go on.
  }
  throw notAKeyFile(path)
}

function notAKeyFile (path: string): SettingsError {
  return new SettingsError(`${path} is not a key file: it should look like {"openai":["sk-…"]}`)
}

function toText (keys: Keys): string {
  return JSON.stringify(keys, undefined, 2) + '\n'
}
