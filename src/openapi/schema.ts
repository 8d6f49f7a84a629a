// JSON Schema 2020-12, as far as the document of our routes uses it. https://json-schema.org/draft/2020-12

export type SchemaType = 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object' | 'null'

/** One with a title becomes a component of the document under that name; every title stands for one schema. */
export interface Schema {
  readonly $ref?: string
  readonly title?: string
  readonly description?: string
  readonly type?: SchemaType | readonly SchemaType[]
  readonly properties?: { readonly [member: string]: Schema }
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly enum?: ReadonlyArray<string | number | null>
  readonly format?: string
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly default?: string | number | boolean
  readonly contentMediaType?: string
}
