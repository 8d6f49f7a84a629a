// aibroker token create: a client key with its limits; the token is shown once.

import { systemRandom } from '../core/ids.ts'
import { systemClock } from '../core/clock.ts'
import { booksOptions, withBooks, type BooksFlags } from './books.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import {
  readKeyBudget, readLabel, readLimitReset, readTimeZone, type KeyBudget, type LimitReset
} from './budget-values.ts'
import { CommandFailure } from './failure.ts'
import { readCount, readName, readNames, readOrigins, readStreamMode, readUnknownPrice } from './flag-values.ts'
import { noteUnknownModels } from './model-names.ts'
import { plain, plainJson } from './plain-text.ts'
import { readSpanMs } from './times.ts'
import type { BudgetTerms, CalendarStep } from '../budgets/budget.ts'
import type { OpenDatabase } from '../ledger/sqlite/database.ts'
import type { NewKey } from '../keys/keys.ts'
import type { StreamMode } from '../core/stream-mode.ts'
import type { UnknownPrice } from '../core/unknown-price.ts'
import type { Terminal } from './terminal.ts'

interface Flags extends BooksFlags, JsonFlag {
  readonly name?: string
  readonly management?: boolean
  readonly budget?: KeyBudget
  readonly limitReset?: LimitReset
  readonly tz?: string
  readonly team?: string
  readonly project?: string
  readonly rpm?: number
  readonly maxInFlight?: number
  readonly models?: readonly string[]
  readonly providers?: readonly string[]
  readonly origin?: readonly string[]
  readonly stream?: StreamMode
  readonly unknownPrice?: UnknownPrice
  readonly ttl?: string
}

export const define: Define = (command, terminal) => {
  booksOptions(command)
    .description('Makes a key for a client. The token is printed once, on stdout, and only its digest is stored. ' +
      'As soon as one key exists every client needs one. A running broker knows the new key within a second.')
    .option('--name <name>', 'what the key is for; shown in reports', readName)
    .option('--management', 'it administers (GET /v1/keys, everybody\'s use) and is refused on inference')
    .option('--budget <USD>', 'what it may spend: 5 in all, 5/month or /hour, /day, /week, /year', readKeyBudget)
    .option('--limit-reset <when>', 'the other spelling of /day, /week, /month: daily, weekly or monthly', readLimitReset)
    .option('--tz <zone>', 'the time zone of that month: Europe/Berlin; else UTC', readTimeZone)
    .option('--team <name>', 'counts in the budgets of this team, too', readLabel)
    .option('--project <name>', 'and of this project', readLabel)
    .option('--rpm <count>', 'requests per minute', readCount)
    .option('--max-in-flight <count>', 'requests at the same time', readCount)
    .option('--models <a,b>', 'only these models; provider/model and a final * are fine', readNames)
    .option('--providers <x,y>', 'only these providers', readNames)
    .option('--origin <o,…>', 'web pages of these origins may use it', readOrigins)
    .option('--stream <mode>', 'what becomes of its broken streams: live, resume or atomic; a request may choose another',
      readStreamMode)
    .option('--unknown-price <policy>', 'models without a known price: deny, assume_ceiling or allow_unmetered',
      readUnknownPrice)
    .option('--ttl <time>', 'how long it lives: 30m, 12h, 30d or 4w, at most six digits; without it for ever')
    .addHelpText('after', examples([
      'aibroker token create --name laptop',
      'aibroker token create --name ci --rpm 60 --models "gpt-4o-mini,openai/*" --ttl 30d',
      'export OPENAI_API_KEY=$(aibroker token create --name shell)',
      'aibroker token create --name agent --stream resume',
      'aibroker token create --name intern --budget 5/month --tz Europe/Berlin --team search',
      'aibroker token create --name billing --management',
      'aibroker token create --name page --origin http://localhost:5173 --json'
    ]))
    .action((flags: Flags) => create(flags, terminal))
}

async function create (flags: Flags, terminal: Terminal): Promise<void> {
  refuseInferenceFlags(flags)
  const key = readKey(flags)
  const terms = readTerms(flags)
  const { SqliteKeys } = await import('../keys/sqlite-keys.ts')
  const { SqliteBudgets } = await import('../budgets/sqlite-budgets.ts')
  const { keyBudget } = await import('../budgets/key-budget.ts')
  const make = ({ sqlite }: OpenDatabase) => {
    const keys = new SqliteKeys({ database: sqlite, clock: systemClock, random: systemRandom, operatorKeys: [] })
    const made = keys.create(key)
    const { id } = made.record
    if (terms) new SqliteBudgets(sqlite, systemClock).set(keyBudget(id, terms.limit, terms.window))
    return made
  }
  // A key without the limit it was to have must never be seen, not even by a broker that reads in between.
  const { token, record } = await withBooks(flags, terminal, 'guest', (books) =>
    books.sqlite.transaction(() => make(books)).immediate())

  await noteUnknownModels(key.models ?? [], terminal)
  if (flags.json) return terminal.print(plainJson({ token, id: record.id }))
  terminal.print(token)
  terminal.note(`Key ${record.id} (${plain(record.name)}). The token above is shown only now: ` +
    (flags.management
      ? 'it administers, as "Authorization: Bearer …", and is refused on inference.'
      : 'give it to the client as OPENAI_API_KEY, ANTHROPIC_AUTH_TOKEN or "Authorization: Bearer …".'))
}

const STEPS: { readonly [reset in LimitReset]: CalendarStep } = { daily: 'day', weekly: 'week', monthly: 'month' }

/** Flags that mean nothing for a key that is refused on inference. */
const OF_INFERENCE = ['budget', 'models', 'providers', 'maxInFlight', 'stream', 'unknownPrice', 'team', 'project'] as const

function refuseInferenceFlags (flags: Flags): void {
  const [given] = OF_INFERENCE.filter((name) => flags[name] !== undefined)
  if (!flags.management || given === undefined) return
  const flag = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  throw new CommandFailure('wrong_usage', `--${flag} means nothing with --management: such a key is refused on inference`)
}

/** The budget of the key alone. */
function readTerms ({ budget, limitReset, tz }: Flags): Pick<BudgetTerms, 'limit' | 'window'> | undefined {
  const every = readEvery(budget, limitReset)
  if (tz !== undefined && every === undefined) throw new CommandFailure('wrong_usage', '--tz needs a --budget like 5/month')
  if (!budget) return undefined
  const window = every === undefined
    ? { kind: 'total' } as const
    : { kind: 'calendar', every, timeZone: tz ?? 'UTC' } as const
  return { limit: budget.limit, window }
}

/** Undefined: the budget is one in all, or there is none. */
function readEvery (budget: KeyBudget | undefined, limitReset: LimitReset | undefined): CalendarStep | undefined {
  if (!limitReset) return budget?.every
  if (budget && !budget.every) return STEPS[limitReset]
  throw new CommandFailure('wrong_usage', '--limit-reset needs a --budget like 5, without /month or the like')
}

function readKey (flags: Flags): NewKey {
  const ttlMs = flags.ttl === undefined ? undefined : readSpanMs('--ttl', flags.ttl)
  const wanted = {
    name: flags.name,
    isManagement: flags.management,
    rpm: flags.rpm,
    maxInFlight: flags.maxInFlight,
    models: flags.models,
    providers: flags.providers,
    origins: flags.origin,
    streamMode: flags.stream,
    unknownPrice: flags.unknownPrice,
    team: flags.team,
    project: flags.project,
    expiresAtMs: ttlMs === undefined ? undefined : systemClock.nowMs() + ttlMs
  }
  // A flag that was not given must be absent: `undefined` is no value of a NewKey.
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)) as NewKey
}
