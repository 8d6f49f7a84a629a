// Holds real answers against the schemas of a broker's own OpenAPI document.

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { resolved, type OpenapiDocument, type Operation } from '../../src/openapi/document-shape.ts'
import type { Schema } from '../../src/openapi/schema.ts'

export interface Answered {
  readonly status: number
  readonly contentType: string
  /** Parsed where it is JSON. */
  readonly body: unknown
}

export interface DocumentCheck {
  /** What is wrong with an answer of a route; empty: nothing. `path` as in the document: `/v1/models/{id}`. */
  problems (method: string, path: string, answer: Answered): string[]
}

/** What we write ourselves has no member that is not told: objects are closed unless they say otherwise. */
export function checkDocument (document: OpenapiDocument): DocumentCheck {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv)
  ajv.addSchema({ components: { schemas: closed(document.components.schemas) } }, 'doc')
  const compiled = new Map<string, ValidateFunction>()

  const validate = (schema: Schema, value: unknown): string[] => {
    const text = JSON.stringify(closed(schema)).replaceAll('"#/components/', '"doc#/components/')
    const known = compiled.get(text) ?? ajv.compile(JSON.parse(text))
    compiled.set(text, known)
    if (known(value)) return []
    return (known.errors ?? []).map(({ instancePath, message, params }) =>
      `${instancePath} ${message} ${JSON.stringify(params)}`)
  }

  return {
    problems (method, path, { status, contentType, body }) {
      const operation = document.paths[path]?.[method]
      if (!operation) return [`no operation ${method} ${path}`]
      const told = answerOf(operation, status)
      const answer = told && resolved(told, document.components.responses)
      if (!answer) return [`status ${status} is not told`]
      const row = Object.entries(answer.content ?? {}).find(([type]) => matches(type, contentType))
      return row ? validate(row[1].schema, body) : [`content type ${contentType} is not told for ${status}`]
    }
  }
}

function answerOf ({ responses }: Operation, status: number) {
  return responses[status] ?? responses[`${String(status).charAt(0)}XX`]
}

function matches (type: string, contentType: string): boolean {
  const [plain = ''] = contentType.split(';')
  return type.endsWith('/*') ? plain.startsWith(type.slice(0, -1)) : plain === type
}

function closed<Value> (value: Value): Value {
  if (Array.isArray(value)) return value.map(closed) as Value
  if (typeof value !== 'object' || value === null) return value
  const members = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, closed(member)]))
  const isShape = 'properties' in value && 'type' in value && !('additionalProperties' in value)
  return { ...members, ...isShape && { additionalProperties: false } } as Value
}
