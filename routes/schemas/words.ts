// The words the schemas are written in.

import type { Schema, SchemaType } from '../../src/openapi/schema.ts'

export const text = (description: string): Schema => ({ type: 'string', description })
export const count = (description: string): Schema => ({ type: 'integer', minimum: 0, description })
export const whole = (description: string): Schema => ({ type: 'integer', description })
export const number = (description: string): Schema => ({ type: 'number', description })
export const flag = (description: string): Schema => ({ type: 'boolean', description })
export const always = (value: string): Schema => ({ type: 'string', enum: [value] })
export const nothing = (description: string): Schema => ({ type: 'null', description })

/** Exact money. */
export const usd = (description: string): Schema =>
  ({ type: 'string', pattern: '^-?\\d+\\.\\d{9}$', description: `${description} US dollars as decimal text.` })

/** RFC 3339. */
export const time = (description: string): Schema => ({ type: 'string', format: 'date-time', description })

export const oneOf = (values: readonly string[], description: string): Schema =>
  ({ type: 'string', enum: values, description })

export const listOf = (items: Schema, description: string): Schema => ({ type: 'array', items, description })

/** Anything JSON can say. */
export const anything = (description: string): Schema => ({ description })

/** The same, or null where nothing is known. */
export function orNull (schema: Schema): Schema {
  const { type, description = '' } = schema
  if (type === undefined || schema.title !== undefined) return { description, anyOf: [schema, { type: 'null' }] }
  return {
    ...schema,
    type: [...[type].flat() as SchemaType[], 'null'],
    ...schema.enum && { enum: [...schema.enum, null] }
  }
}

export interface Parts {
  readonly title?: string
  readonly says: string
  /** Members that are always there. */
  readonly members: { readonly [member: string]: Schema }
  /** Members that are there when there is something to say. */
  readonly optional?: { readonly [member: string]: Schema }
  /** May have members that are not told here: those of a provider. */
  readonly isOpen?: boolean
}

/** An object of ours; `title` makes it a schema of its own in the document. */
export function record ({ title, says, members, optional = {}, isOpen = false }: Parts): Schema {
  return {
    ...title !== undefined && { title },
    description: says,
    type: 'object',
    properties: { ...members, ...optional },
    ...Object.keys(members).length > 0 && { required: Object.keys(members) },
    ...isOpen && { additionalProperties: true }
  }
}
