// The failures of a route by status, from the table of errors: what clients read there is what the document says.

import { ERRORS, type ErrorCode } from '../core/errors.ts'
import type { Answer } from './document-shape.ts'
import type { DescribedRoute } from './route-doc.ts'
import type { Schema } from './schema.ts'

const EVERYWHERE: readonly ErrorCode[] = ['invalid_body', 'host_refused', 'origin_refused', 'internal']
const RATED: readonly ErrorCode[] = ['rate_limited']
const WITH_KEY: readonly ErrorCode[] = ['no_key', 'unknown_key', 'draining']
const HEADERS: { readonly [status: string]: readonly string[] } = {
  401: ['WWW-Authenticate'],
  402: ['X-Should-Retry'],
  403: ['X-Should-Retry'],
  404: ['X-Should-Retry'],
  429: ['Retry-After'],
  503: ['Retry-After']
}

/** `envelope`: the schema of every one of them. */
export function failuresOf (
  { doc: { errors = [] }, isOpen, isRated }: DescribedRoute, envelope: Schema
): Record<string, Answer> {
  const codes = new Set([...EVERYWHERE, ...isOpen ? [] : WITH_KEY, ...isRated ? RATED : [], ...errors])
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of codes) {
    const { status } = ERRORS[code]
    byStatus.set(status, [...byStatus.get(status) ?? [], code])
  }
  const rows = [...byStatus].map(([status, codes]) => [status, failure(status, codes, envelope)] as const)
  const failures = Object.fromEntries(rows)
  if (!codes.has('upstream_refused')) return failures
  return { ...failures, '4XX': failureWith('What the provider refused with a status of its own.', [], envelope) }
}

function failure (status: number, codes: readonly ErrorCode[], envelope: Schema): Answer {
  const lines = codes.map((code) => `- \`${code}\`: ${ERRORS[code].says}`)
  return failureWith(lines.join('\n'), HEADERS[status] ?? [], envelope)
}

function failureWith (description: string, more: readonly string[], envelope: Schema): Answer {
  const headers = ['X-Request-Id', ...more].map((name) => [name, headerRef(name)])
  return { description, headers: Object.fromEntries(headers), content: { 'application/json': { schema: envelope } } }
}

export function headerRef (name: string): { readonly $ref: string } {
  return { $ref: `#/components/headers/${name}` }
}
