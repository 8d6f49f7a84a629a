// One route as an operation of the document.

import type { Components } from './components.ts'
import type { Answer, MediaContent, Operation, Parameter, Ref } from './document-shape.ts'
import { failuresOf, headerRef } from './failures.ts'
import type { ContentDoc, DescribedRoute, ParameterDoc, RouteDoc } from './route-doc.ts'
import type { Schema } from './schema.ts'

/** `/v1/models/*` as `/v1/models/{id}`. */
export function templateOf ({ url, doc }: DescribedRoute): string {
  return url.replace(/:(\w+)|\*/g, (found, name: string | undefined) => `{${pathName(doc, name ?? found)}}`)
}

/** Made of method and path, so that it changes only when they do: `getExchangesByIdExplain`. */
export function operationIdOf (method: string, template: string): string {
  const words = template.replace(/^\/v1(?=\/)/, '').replace(/\{/g, 'by-').split(/[^A-Za-z0-9]+/).filter(Boolean)
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

/** `envelope`: the schema of every failure. */
export function operationOf (route: DescribedRoute, components: Components, envelope: Schema): Operation {
  const { method, doc, isOpen } = route
  const parameters = parametersOf(route, components)
  return {
    operationId: operationIdOf(method, templateOf(route)),
    tags: [doc.group],
    summary: doc.summary,
    ...doc.more !== undefined && { description: doc.more },
    ...isOpen && { security: [] },
    ...parameters.length > 0 && { parameters },
    ...doc.body && { requestBody: { required: true, content: contentOf(doc.body, components, doc.example) } },
    responses: { ...answersOf(doc, components), ...failureRefs(route, components, envelope) }
  }
}

function failureRefs (route: DescribedRoute, components: Components, envelope: Schema): Record<string, Ref> {
  const { failure } = route.doc
  const shape = failure ? components.refer(failure) : envelope
  return Object.fromEntries(Object.entries(failuresOf(route, shape)).map(([status, failure]) =>
    [status, components.referFailure(status, failure)]))
}

function parametersOf ({ url, doc }: DescribedRoute, components: Components): Array<Parameter | Ref> {
  const write = (place: Parameter['in'], { name, says, schema, isRequired, example }: ParameterDoc): Parameter => ({
    name,
    in: place,
    description: says,
    required: place === 'path' || isRequired === true,
    schema: components.refer(schema),
    ...example !== undefined && { example }
  })
  const inPath = [...url.matchAll(/:(\w+)|\*/g)].map(([found, name = found]) =>
    doc.path?.[name] ?? { name: pathName(doc, name), says: 'A part of the path.', schema: { type: 'string' as const } })
  return [
    ...inPath.map((one) => write('path', one)),
    ...(doc.query ?? []).map((one) => write('query', one)),
    ...(doc.headers ?? []).map((one) => components.referHeader(write('header', one)))
  ]
}

function pathName ({ path }: RouteDoc, name: string): string {
  return path?.[name]?.name ?? (name === '*' ? 'rest' : name)
}

function answersOf ({ answers }: RouteDoc, components: Components): Record<string, Answer> {
  return Object.fromEntries(Object.entries(answers).map(([status, { says, content, headers }]) => [status, {
    description: says,
    ...headers && { headers: Object.fromEntries(headers.map((name) => [name, headerRef(name)])) },
    ...content && { content: contentOf(content, components) }
  }]))
}

function contentOf (content: ContentDoc, components: Components, example?: unknown): MediaContent {
  return Object.fromEntries(Object.entries(content).map(([type, schema], at) => [type, {
    schema: components.refer(schema),
    ...at === 0 && example !== undefined && { example }
  }]))
}
