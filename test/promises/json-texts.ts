// JSON as text, in the spellings that parsing and writing again would change: numbers, escapes, spaces, double names.

import fc from 'fast-check'

/** A member of the outermost object as it is written, with the spaces around its four tokens. */
export interface WrittenMember {
  /** The name as text of JSON, quotes included. */
  readonly name: string
  readonly value: string
  /** Before the name, before the colon, before the value, behind the value. */
  readonly spaces: readonly [string, string, string, string]
}

export interface WrittenBody {
  readonly members: readonly WrittenMember[]
  /** Around the object. */
  readonly before: string
  readonly behind: string
}

const NUMBERS = [
  '0', '-0', '-0.0', '1.50', '1e400', '-1E+400', '1e-400', '0.1e1', '12345678901234567890123', '9007199254740993',
  '3.141592653589793238462643', '1E2', '-12.00'
]
const STRINGS = [
  '""', '"é"', '"\\u00e9"', '"\\u00E9"', '"😀"', '"\\ud83d\\ude00"', '"\\ud800"', '"\\/"', '"/"', '"\\\\"', '"\\\\\\""',
  '"{\\"model\\":\\"x\\"}"', '"\\u0022}"', '"\u2028\u2029\u00a0\ufeff"', '"\\b\\f\\n\\r\\t"', '"\\u0000"', '"null"',
  '"\\"usage\\":null,"', '"data: [DONE]\\n\\n"'
]

const space = fc.oneof(
  { arbitrary: fc.constant(''), weight: 5 },
  { arbitrary: fc.constantFrom(' ', '\n', '\t', '\r\n', '  \n\t '), weight: 1 }
)
const spaces = fc.tuple(space, space, space, space)

/** Each character as itself or escaped, as chance will have it. */
const mixedString = fc.array(fc.tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }), fc.boolean()), { maxLength: 12 })
  .map((characters) => `"${characters.map(([text, isEscaped]) => isEscaped ? escaped(text) : inString(text)).join('')}"`)

const scalar = fc.oneof(
  fc.constantFrom(...NUMBERS, 'true', 'false', 'null'),
  fc.constantFrom(...STRINGS),
  fc.bigInt().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  mixedString
)

const { value: tree } = fc.letrec<{ value: string, list: string, object: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 4, depthSize: 'small' }, scalar, tie('list'), tie('object')),
  list: fc.tuple(fc.array(fc.tuple(space, tie('value'), space), { maxLength: 3 }), space)
    .map(([items, empty]) => `[${items.length === 0 ? empty : items.map((item) => item.join('')).join(',')}]`),
  object: fc.tuple(fc.array(fc.tuple(nestedName(), tie('value'), spaces), { maxLength: 4 }), space)
    .map(([members, empty]) => members.length === 0
      ? `{${empty}}`
      : `{${members.map(([name, value, around]) => writeMember({ name, value, spaces: around })).join(',')}}`)
}))

/** Few names, so that the same one stands twice in one object often. */
function nestedName (): fc.Arbitrary<string> {
  return fc.constantFrom('"a"', '"\\u0061"', '"model"', '"usage"', '"__proto__"', '""', '"é"', '"stream"')
}

const deep = fc.tuple(fc.integer({ min: 1, max: 100 }), fc.boolean(), scalar).map(([depth, isList, value]) => isList
  ? `${'['.repeat(depth)}${value}${']'.repeat(depth)}`
  : `${'{"a": '.repeat(depth)}${value}${'}'.repeat(depth)}`)

/** Any JSON value. */
export const valueText: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: scalar, weight: 4 }, { arbitrary: tree, weight: 4 }, { arbitrary: deep, weight: 1 })

/** Members in a chance order, with chance spaces everywhere. */
export function bodyOf (
  members: fc.Arbitrary<ReadonlyArray<readonly [name: string, value: string]>>
): fc.Arbitrary<WrittenBody> {
  return members
    .chain((list) => fc.shuffledSubarray([...list], { minLength: list.length }))
    .chain((list) => fc.record({
      members: fc.tuple(...list.map(([name, value]) => spaces.map((around) => ({ name, value, spaces: around })))),
      before: space,
      behind: space
    }))
}

/** The text of a body; `added` stands behind the last value. */
export function write ({ members, before, behind }: WrittenBody, added = ''): string {
  const texts = members.map((member, at) =>
    at === members.length - 1 ? writeMember({ ...member, value: member.value + added }) : writeMember(member))
  return `${before}{${texts.join(',')}}${behind}`
}

function writeMember ({ name, value, spaces: [first, second, third, last] }: WrittenMember): string {
  return `${first}${name}${second}:${third}${value}${last}`
}

function escaped (text: string): string {
  return Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')
}

function inString (text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
