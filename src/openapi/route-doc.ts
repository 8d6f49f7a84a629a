// What a route says of itself, where it is registered, as data: `config: { doc }`.
//
// DESIGN. The OpenAPI document and the page at /docs are made of these descriptions and of nothing else, so what is not
// registered cannot be in them; test/routes/openapi.test.ts holds real answers against the schemas, so what is said is
// what is sent. They are not Fastify's `schema`: that would compile a validator per route, which coerces and fills in
// bodies that have to pass as they came, and a serialiser, which drops the members it was not told of.

import type { ErrorCode } from '../core/errors.ts'
import type { Schema } from './schema.ts'

/** In the order of the page. */
export const GROUPS = {
  Inference: 'Requests to models. Bodies and answers are OpenAI\'s and OpenRouter\'s; what is not listed here passes ' +
    'through as it is.',
  Models: 'What is served, and what it costs.',
  Account: 'What a key may still spend, what it has spent, and what came of one request.',
  Keys: 'Client keys, and who may make them.',
  Billing: 'What was used and what it cost, exact to the nano-dollar.',
  Why: 'Why a request went where it went, and where one would go.',
  Operations: 'For whoever runs the broker.'
} as const
export type Group = keyof typeof GROUPS

export interface ParameterDoc {
  readonly name: string
  readonly says: string
  readonly schema: Schema
  readonly isRequired?: boolean
  readonly example?: string
}

/** By media type. */
export interface ContentDoc {
  readonly [mediaType: string]: Schema
}

export interface AnswerDoc {
  readonly says: string
  readonly content?: ContentDoc
  /** Names of `ANSWER_HEADERS` it carries. */
  readonly headers?: readonly string[]
}

export interface RouteDoc {
  readonly group: Group
  /** A few words, without a full stop. */
  readonly summary: string
  readonly more?: string
  /** By the parameter's name in the route; what a wildcard matched is called `*` there and has its own name here. */
  readonly path?: { readonly [parameter: string]: ParameterDoc }
  readonly query?: readonly ParameterDoc[]
  readonly headers?: readonly ParameterDoc[]
  readonly body?: ContentDoc
  /** A body to try it with, in the first of the media types; of a form its fields, files as `@name`. */
  readonly example?: { readonly [member: string]: unknown }
  /** Successful ones by status. */
  readonly answers: { readonly [status: number]: AnswerDoc }
  /** What can go wrong here besides what can everywhere. */
  readonly errors?: readonly ErrorCode[]
  /** Of every failure, where the asking wire has a shape of its own. */
  readonly failure?: Schema
}

/** A route as it was registered, and what it says of itself. */
export interface DescribedRoute {
  readonly method: string
  /** As Fastify spells it: `/v1/models/*`. */
  readonly url: string
  readonly doc: RouteDoc
  /** Served without a key. */
  readonly isOpen: boolean
  /** Counts in the minute of its key and its address. */
  readonly isRated: boolean
}
