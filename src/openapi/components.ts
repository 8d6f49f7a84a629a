// Schemas that have a title, each written once: wherever it is used stands a reference.

import type { Schema } from './schema.ts'

export class Components {
  readonly #sources = new Map<string, Schema>()
  readonly #written = new Map<string, Schema>()

  /** The schema as it stands in the document. @throws Error when two schemas have the same title. */
  refer (schema: Schema): Schema {
    const { title } = schema
    if (title === undefined) return this.#inside(schema)
    const known = this.#sources.get(title)
    if (known !== undefined && known !== schema) throw new Error(`two schemas are called ${title}`)
    if (known === undefined) {
      this.#sources.set(title, schema)
      this.#written.set(title, this.#inside(schema))
    }
    return { $ref: `#/components/schemas/${title}` }
  }

  /** By title, in the order of the alphabet. */
  written (): { [title: string]: Schema } {
    return Object.fromEntries([...this.#written].sort(([one], [other]) => one < other ? -1 : 1))
  }

  #inside (schema: Schema): Schema {
    const { properties, items, anyOf, additionalProperties: others } = schema
    return {
      ...schema,
      ...properties && { properties: this.#each(properties) },
      ...items && { items: this.refer(items) },
      ...anyOf && { anyOf: anyOf.map((one) => this.refer(one)) },
      ...typeof others === 'object' && { additionalProperties: this.refer(others) }
    }
  }

  #each (members: { readonly [member: string]: Schema }): { [member: string]: Schema } {
    return Object.fromEntries(Object.entries(members).map(([name, schema]) => [name, this.refer(schema)]))
  }
}
