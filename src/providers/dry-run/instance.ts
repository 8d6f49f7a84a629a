// The smallest value that a JSON Schema accepts, for tool arguments and structured answers.
//
// DESIGN. The schema comes from a stranger, so: the values made are counted and the depth is bounded (references can
// double at every level), sizes are capped, and `pattern` is not looked at (running a stranger's expression can take
// for ever). Beyond a bound the value is null, or shorter than asked. `not`, `if` and `dependentSchemas` are ignored.

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'

const MOST_VALUES = 10_000
const DEEPEST = 64
const MOST_MEMBERS = 1000
const LONGEST_LIST = 64
const LONGEST_TEXT = 4096
const LONGEST_REF = 1024
const FILLER = '[dry run]'

/** Texts for the formats OpenAI's structured outputs know, and `uri`. */
const FORMATS: { readonly [format: string]: string } = {
  'date-time': '1970-01-01T00:00:00Z',
  date: '1970-01-01',
  time: '00:00:00Z',
  duration: 'PT0S',
  email: 'dry-run@example.invalid',
  hostname: 'dry-run.invalid',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://dry-run.invalid/',
  uuid: '00000000-0000-4000-8000-000000000000'
}

/** An instance of the schema; `true`, `{}` and what is not a schema give an empty object. */
export function instanceOf (schema: JsonValue | undefined): JsonValue {
  const root = asObject(schema)
  return root ? new Maker(root).make(root, []) : {}
}

type Refs = readonly string[]

class Maker {
  readonly #root: JsonObject
  #left = MOST_VALUES

  constructor (root: JsonObject) {
    this.#root = root
  }

  /** `refs` are the steps on the way here, references by name: too many mean a schema without an end. */
  make (schema: JsonValue | undefined, refs: Refs): JsonValue {
    const plain = asObject(schema)
    if (!plain) return schema === true || schema === undefined ? {} : null
    if (this.#isSpent(refs)) return null
    const fixed = fixedValue(plain)
    if (fixed !== undefined) return fixed
    const ref = plain['$ref']
    if (typeof ref === 'string') return this.make(this.#find(ref), [...refs, ref])
    const branches = listOf(plain['anyOf'] ?? plain['oneOf'])
    if (branches.length > 0) return this.make(chosenOf(branches, refs), [...refs, '|'])
    return this.#makeOfType(merged(plain), [...refs, '.'])
  }

  #isSpent (refs: Refs): boolean {
    return this.#left-- <= 0 || refs.length > DEEPEST
  }

  #makeOfType (schema: JsonObject, refs: Refs): JsonValue {
    switch (typeOf(schema)) {
      case 'object': return this.#makeObject(schema, refs)
      case 'array': return this.#makeList(schema, refs)
      case 'string': return textFor(schema)
      case 'integer': return numberFor(schema, 1)
      case 'number': return numberFor(schema, 0)
      case 'boolean': return false
      default: return null
    }
  }

  #makeObject (schema: JsonObject, refs: Refs): JsonObject {
    const properties = asObject(schema['properties']) ?? {}
    const names = listOf(schema['required']).filter((name) => typeof name === 'string')
    return Object.fromEntries(names.map((name) => [name, this.make(ownMember(properties, name), refs)]))
  }

  #makeList (schema: JsonObject, refs: Refs): JsonValue[] {
    const fixed = listOf(schema['prefixItems'])
    const length = Math.min(numberOr(schema['minItems'], 0), LONGEST_LIST)
    return Array.from({ length }, (_, index) => this.make(fixed[index] ?? schema['items'], refs))
  }

  /** Local references only: `#`, `#/$defs/name`, `#/properties/a/items`. */
  #find (ref: string): JsonValue | undefined {
    if (!ref.startsWith('#') || ref.length > LONGEST_REF) return undefined
    let at: JsonValue | undefined = this.#root
    for (const step of ref.split('/').slice(1)) {
      const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
      at = Array.isArray(at) ? at[Number(name)] : ownMember(asObject(at) ?? {}, name)
    }
    return at
  }
}

/** Of alternatives the first one that does not lead back to where we came from. */
function chosenOf (branches: readonly JsonValue[], refs: Refs): JsonValue | undefined {
  return branches.find((branch) => !refs.includes(String(asObject(branch)?.['$ref']))) ?? branches[0]
}

/** The `const`, or the first of the `enum`; null is a value like any other. */
function fixedValue (schema: JsonObject): JsonValue | undefined {
  return schema['const'] === undefined ? listOf(schema['enum'])[0] : schema['const']
}

/** The schema with the members of its `allOf` parts; `required` and `properties` add up. */
function merged (schema: JsonObject): JsonObject {
  const others = listOf(schema['allOf'])
  if (others.length === 0) return schema
  const parts = [schema, ...others.map((part) => asObject(part) ?? {})]
  const required = parts.flatMap((part) => listOf(part['required']))
  const properties = Object.assign({}, ...parts.map((part) => asObject(part['properties']))) as JsonObject
  return { ...Object.assign({}, ...parts) as JsonObject, required, properties }
}

function listOf (value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value.slice(0, MOST_MEMBERS) : []
}

function typeOf (schema: JsonObject): JsonValue | undefined {
  const type = schema['type']
  if (Array.isArray(type)) return type.find((each) => each !== 'null') ?? 'null'
  if (type !== undefined) return type
  return schema['items'] || schema['prefixItems'] ? 'array' : 'object'
}

function textFor (schema: JsonObject): string {
  const known = FORMATS[String(schema['format'])]
  if (known !== undefined) return known
  const shortest = Math.min(numberOr(schema['minLength'], 0), LONGEST_TEXT)
  return FILLER.slice(0, numberOr(schema['maxLength'], FILLER.length)).padEnd(shortest, '.')
}

/** The number nearest to zero within the bounds; `step` 1: a whole one. */
function numberFor (schema: JsonObject, step: 0 | 1): number {
  const unit = numberOr(schema['multipleOf'], step)
  const above = numberOr(schema['exclusiveMinimum'], -Infinity)
  const below = numberOr(schema['exclusiveMaximum'], Infinity)
  const lower = Math.max(above, numberOr(schema['minimum'], -Infinity))
  const upper = Math.min(below, numberOr(schema['maximum'], Infinity))
  const gap = unit || Math.min(1, (upper - lower) / 2)
  const least = leastOf(lower, lower === above ? gap : 0, unit)
  const most = -leastOf(-upper, upper === below ? gap : 0, unit)
  return Math.min(Math.max(0, least), most)
}

/** The least multiple of `unit` (0: any number) from `bound` on; beyond it when there is a `gap`. */
function leastOf (bound: number, gap: number, unit: number): number {
  if (unit === 0) return bound + gap
  return (gap === 0 ? Math.ceil(bound / unit) : Math.floor(bound / unit) + 1) * unit
}

function numberOr (value: JsonValue | undefined, fallback: number): number {
  return typeof value === 'number' ? value : fallback
}

function ownMember (holder: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(holder, name) ? holder[name] : undefined
}
