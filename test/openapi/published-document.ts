// A published OpenAPI document as a judge of answers: the schema of an endpoint and a status, and what breaks it.

import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { asObject, parseObject, type JsonObject } from '../../src/core/json.ts'

export interface Told {
  readonly method: string
  /** As the document spells it: `/models/{author}/{slug}/endpoints`. */
  readonly path: string
  readonly status: number
  readonly contentType: string
}

export interface Verdict {
  /** False: the document has no such status there, and the schema of another endpoint was taken. */
  readonly isTold: boolean
  readonly problems: readonly string[]
}

export interface Judge {
  /** `value`: the parsed body, or one parsed event of a stream. @throws Error for an endpoint the document has not. */
  judge (told: Told, value: unknown): Verdict
}

/** @throws Error when the file is not an OpenAPI document. */
export function readJudge (file: string): Judge {
  const document = parseObject(readFileSync(file, 'utf8'))
  const paths = asObject(document?.['paths'])
  if (!document || !paths) throw new Error(`${file} is no OpenAPI document`)
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false })
  formats.default(ajv)
  ajv.addSchema(document, 'doc')
  const compiled = new Map<string, ValidateFunction>()
  const validator = (pointer: string): ValidateFunction => {
    const known = compiled.get(pointer) ?? ajv.compile({ $ref: `doc#${pointer}` })
    compiled.set(pointer, known)
    return known
  }

  return {
    judge (told, value) {
      const own = pointerOf(paths, told)
      const pointer = own ?? pointerElsewhere(paths, told)
      if (pointer === undefined) return { isTold: false, problems: [] }
      const validate = validator(pointer)
      const isRight = validate(told.contentType.startsWith('text/event-stream') ? eventOf(value) : withoutProvider(value))
      return { isTold: own !== undefined, problems: isRight ? [] : problemsOf(validate) }
    }
  }
}

function pointerOf (paths: JsonObject, { method, path, status, contentType }: Told): string | undefined {
  const operation = asObject(asObject(paths[path])?.[method])
  if (!operation) throw new Error(`the document has no ${method} ${path}`)
  const [type = ''] = contentType.split(';')
  const content = asObject(asObject(asObject(operation['responses'])?.[status])?.['content'])
  const row = Object.keys(content ?? {}).find((one) => one === type || one === type.replace(/\/.*/, '/*'))
  if (row === undefined) return undefined
  return ['', 'paths', path, method, 'responses', String(status), 'content', row, 'schema'].map(escaped).join('/')
}

/** Their streams are told by what a reader of theirs makes of an event; those of Messages have names as well. */
function eventOf (value: unknown) {
  const { type, message } = asObject(value as JsonObject) ?? {}
  const data = message === undefined ? value : { ...value as JsonObject, message: withoutProvider(message) }
  return { data, ...typeof type === 'string' && { event: type } }
}

/** Where they list their providers: a broker has others. */
function withoutProvider (value: unknown): unknown {
  const told = asObject(value as JsonObject)
  if (!told || told['type'] !== 'message') return value
  const { provider: _, ...rest } = told
  return rest
}

/**
 * A status that is not told is judged by what is told of another: of the same endpoint where its failures have a shape
 * of their own, else of any.
 */
function pointerElsewhere (paths: JsonObject, told: Told): string | undefined {
  if (told.status < 400) return undefined
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(asObject(methods) ?? {}).map((method) => ({ path, method })))
  const own = told.path === '/messages' ? [{ path: told.path, method: told.method }] : operations
  return [told.status, 500]
    .flatMap((status) => own.map((operation) => pointerOf(paths, { ...told, ...operation, status })))
    .find((pointer) => pointer !== undefined)
}

/** As a part of a URL's fragment: RFC 6901, section 6. */
function escaped (part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))
}

/** They list their providers; a broker has others. */
const OPEN_LIST = /\/provider_name$/

/** Without the places of items, so that a hundred events with one mistake have one problem. */
function problemsOf ({ errors }: ValidateFunction): string[] {
  const counted = (errors ?? []).filter(({ keyword, instancePath }) => keyword !== 'enum' || !OPEN_LIST.test(instancePath))
  const problems = counted.map(({ instancePath, message, params }) =>
    `${instancePath.replace(/\/\d+(?=\/|$)/g, '/*')} ${message} ${JSON.stringify(params)}`)
  return [...new Set(problems)]
}
