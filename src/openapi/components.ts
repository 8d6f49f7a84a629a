// What is written once in the document, however often it is used: schemas that have a title, headers that are sent, and
// failures.

import type { Answer, Parameter, Ref } from './document-shape.ts'
import type { Schema } from './schema.ts'

export class Components {
  readonly #sources = new Map<string, Schema>()
  readonly #written = new Map<string, Schema>()
  readonly #responses = new Map<string, { readonly name: string, readonly response: Answer }>()
  readonly #parameters = new Map<string, Parameter>()

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

  /** `Failure404` the first one of a status, `Failure404_2` the next. */
  referFailure (status: string, response: Answer): Ref {
    const text = `${status} ${response.description} ${JSON.stringify(response.content)}`
    const count = [...this.#responses.keys()].filter((known) => known.startsWith(`${status} `)).length
    const name = count === 0 ? `Failure${status}` : `Failure${status}_${count + 1}`
    const known = this.#responses.get(text) ?? { name, response }
    this.#responses.set(text, known)
    return { $ref: `#/components/responses/${known.name}` }
  }

  /** A header has one meaning, wherever it is sent. */
  referHeader (header: Parameter): Ref {
    const known = this.#parameters.get(header.name)
    if (known && known.description !== header.description) throw new Error(`two headers are called ${header.name}`)
    this.#parameters.set(header.name, header)
    return { $ref: `#/components/parameters/${header.name}` }
  }

  /** By name; schemas in the order of the alphabet. */
  written () {
    return {
      parameters: Object.fromEntries(this.#parameters),
      responses: Object.fromEntries([...this.#responses.values()].map(({ name, response }) => [name, response])),
      schemas: Object.fromEntries([...this.#written].sort(([one], [other]) => one < other ? -1 : 1))
    }
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
