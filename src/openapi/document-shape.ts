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
  readonly headers?: { readonly [name: string]: { readonly $ref: string } }
  readonly content?: MediaContent
}

export interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly security?: ReadonlyArray<Record<string, never[]>>
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required: boolean, readonly content: MediaContent }
  readonly responses: { readonly [status: string]: Answer }
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
    readonly schemas: { readonly [title: string]: Schema }
  }
}
