// `providers:` of modelsconfig.yml: built-in providers changed, and further ones.

import { WIRES, type WireName } from '../core/ask.ts'
import { PROVIDER_FACT_KEYS, readFacts } from './backend-facts.ts'
import { readBaseUrl } from './base-url.ts'
import type { ProviderEntry } from './catalog.ts'
import type { Report } from './config-error.ts'
import { readDeadlines } from './deadline-rows.ts'
import { countOf, didYouMean, knownMembersOf, membersOf, shown, textOf, type Field } from './fields.ts'
import { factorOf } from './price-terms.ts'

const KEYS = ['wire', 'base_url', 'credential', 'priority', 'timeouts', 'markup', ...PROVIDER_FACT_KEYS]
/** Part of backend ids (`<provider>:<model id>`), of `provider/model` names and of a header. */
const PROVIDER_ID = /^[a-z0-9][a-z0-9_-]{0,62}$/
const SPOKEN: readonly WireName[] = ['openai-chat']
const HIGHEST_PRIORITY = 1_000_000
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Entries by id. Wrong ones are in the report and left out. */
export function readProviders (field: Field | undefined, report: Report): Map<string, ProviderEntry> {
  const providers = new Map<string, ProviderEntry>()
  if (!field) return providers
  for (const [id, member] of membersOf(field, report)) {
    const isUsable = checkProviderId(id, member)
    const entry = readProvider(id, member, report)
    if (isUsable) providers.set(id, entry)
  }
  return providers
}

/** False, with the reason in the report, when `id` cannot name a provider. */
export function checkProviderId (id: string, field: Field): boolean {
  if (PROVIDER_ID.test(id)) return true
  field.refuse(`"${shown(id)}" cannot name a provider: use lower case letters, digits, "-" and "_"`)
  return false
}

export function readPriority (field: Field | undefined): number | undefined {
  return countOf(field, 0, HIGHEST_PRIORITY)
}

function readProvider (id: string, field: Field, report: Report): ProviderEntry {
  const members = knownMembersOf(field, KEYS, report)
  const credential = readCredential(members.get('credential'))
  return Object.freeze({
    id,
    wire: readWire(members.get('wire')),
    baseUrl: baseUrlOf(members.get('base_url'), credential),
    credential,
    priority: readPriority(members.get('priority')),
    deadlines: readDeadlines(members.get('timeouts'), report),
    markup: factorOf(members.get('markup'), 1n),
    facts: readFacts(members, report)
  })
}

function readWire (field: Field | undefined): WireName | undefined {
  const text = textOf(field)
  if (!field || text === undefined) return undefined
  const wire = WIRES.find((wire) => wire === text)
  if (!wire) return field.refuse(`"${shown(text)}" is no wire: write one of ${WIRES.join(', ')}${didYouMean(text, WIRES)}`)
  if (!SPOKEN.includes(wire)) return field.refuse(`${wire} is not built yet: only ${SPOKEN.join(', ')} can be served today`)
  return wire
}

function baseUrlOf (field: Field | undefined, credential: string | undefined): string | undefined {
  const text = textOf(field)
  if (!field || text === undefined) return undefined
  const read = readBaseUrl(text, credential !== 'none')
  return 'url' in read ? read.url : field.refuse(read.wrong)
}

interface CredentialSource {
  readonly prefix: string
  /** The credential in its canonical spelling, or what is wrong with what follows the prefix. */
  read (rest: string): { readonly credential: string } | { readonly wrong: string }
}

const later = (prefix: string): CredentialSource =>
  ({ prefix, read: () => ({ wrong: `${prefix} is not built yet: use env:NAME, file:PATH or command:[…]` }) })

const SOURCES: readonly CredentialSource[] = [
  {
    prefix: 'env:',
    read: (name) => VARIABLE.test(name)
      ? { credential: `env:${name}` }
      : { wrong: 'env: must be followed by the name of an environment variable' }
  },
  {
    prefix: 'file:',
    read: (path) => path === '' ? { wrong: 'file: must be followed by a path' } : { credential: `file:${path}` }
  },
  { prefix: 'command:', read: readCommand },
  later('keychain:'),
  later('op://'),
  later('azure-keyvault:')
]

/** No sentence here shows the value: somebody may have put the key itself where its source belongs. */
function readCredential (field: Field | undefined): string | undefined {
  const text = textOf(field)
  if (!field || text === undefined || text === 'none') return text
  const source = SOURCES.find(({ prefix }) => text.startsWith(prefix))
  if (!source) {
    return field.refuse('must say where the key is, not the key itself: none, env:NAME, file:PATH or command:[…]')
  }
  const read = source.read(text.slice(source.prefix.length).trim())
  return 'credential' in read ? read.credential : field.refuse(read.wrong)
}

/** `[pass, show, openai]` with or without quotes; canonical is JSON: `command:["pass","show","openai"]`. */
function readCommand (rest: string): { credential: string } | { wrong: string } {
  const wrong = { wrong: 'command: must be followed by a list such as [pass, show, openai]' }
  if (!rest.startsWith('[') || !rest.endsWith(']')) return wrong
  const words = wordsOf(rest)
  return words.length > 0 && words.every((word) => word !== '')
    ? { credential: `command:${JSON.stringify(words)}` }
    : wrong
}

function wordsOf (list: string): string[] {
  try {
    const parsed: unknown = JSON.parse(list)
    return Array.isArray(parsed) ? parsed.map((word) => typeof word === 'object' ? '' : String(word)) : []
  } catch {
    // Not JSON: bare words between commas.
    return list.slice(1, -1).split(',').map((word) => word.trim())
  }
}
