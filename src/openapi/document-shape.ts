// An OpenAPI 3.1 document, as far as ours goes. https://spec.openapis.org/oas/v3.1.1.html

import type { Schema } from './schema.ts'

export interface MediaContent {
  readonly [mediaType: string]: { readonly schema: Schema, readonly example?: unknown }
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly description: string
  readonly required: boolean
  readonly schema: Schema
  readonly example?: string
}

export interface Answer {
  readonly description: string
  readonly headers?: { readonly [name: string]: Ref }
  readonly content?: MediaContent
}

export interface Ref { readonly $ref: string }

export interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly security?: ReadonlyArray<Record<string, never[]>>
  /** Those in headers are components. */
  readonly parameters?: ReadonlyArray<Parameter | Ref>
  readonly requestBody?: { readonly required: boolean, readonly content: MediaContent }
  /** Failures are components: most routes share them. */
  readonly responses: { readonly [status: string]: Answer | Ref }
}

export interface OpenapiDocument {
  readonly openapi: string
  readonly jsonSchemaDialect: string
  readonly info: {
    readonly title: string
    readonly version: string
    readonly description: string
    readonly license: { readonly name: string, readonly identifier: string }
  }
  readonly servers: ReadonlyArray<{ readonly url: string, readonly description: string }>
  readonly security: ReadonlyArray<Record<string, never[]>>
  readonly tags: ReadonlyArray<{ readonly name: string, readonly description: string }>
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } }
  readonly components: {
    readonly securitySchemes: { readonly [name: string]: { readonly [member: string]: string } }
    readonly headers: { readonly [name: string]: { readonly description: string, readonly schema: Schema } }
    readonly parameters: { readonly [name: string]: Parameter }
    readonly responses: { readonly [name: string]: Answer }
    readonly schemas: { readonly [title: string]: Schema }
  }
}

/** What a reference to a component stands for. */
export function resolved<Part extends object> (
  part: Part | Ref, components: { readonly [name: string]: Part }
): Part | undefined {
  return '$ref' in part ? components[nameIn(part.$ref)] : part
}

/** `ChatAnswer` of `#/components/schemas/ChatAnswer`. */
export function nameIn (ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1)
}
