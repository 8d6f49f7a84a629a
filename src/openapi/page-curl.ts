// A route as a command to try it with.

import type { Operation, Parameter } from './document-shape.ts'

/** For a shell where AIBROKER is the address of the broker and AIBROKER_KEY a client key. */
export function curlOf (method: string, path: string, operation: Operation): string {
  const lines = [`curl${methodFlag(method, operation)} "$AIBROKER${targetOf(path, operation)}"`]
  if (!isOpen(operation)) lines.push('-H "Authorization: Bearer $AIBROKER_KEY"')
  const [type, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? []
  if (type === 'multipart/form-data') lines.push(...formFlags(content?.example))
  else if (type !== undefined) lines.push(`-H "Content-Type: ${type}"`, `-d ${quoted(JSON.stringify(content?.example))}`)
  return lines.join(' \\\n  ')
}

/** curl sends GET without a body and POST with one by itself. */
function methodFlag (method: string, { requestBody }: Operation): string {
  const own = requestBody ? 'post' : 'get'
  return method === own ? '' : ` -X ${method.toUpperCase()}`
}

function targetOf (path: string, { parameters = [] }: Operation): string {
  const filled = path.replace(/\{(\w+)\}/g, (found, name: string) =>
    named(parameters).find((one) => one.in === 'path' && one.name === name)?.example ?? found)
  const query = named(parameters).filter((one) => one.in === 'query' && one.required)
    .map(({ name, example = '' }) => `${name}=${encodeURIComponent(example)}`)
  return query.length === 0 ? filled : `${filled}?${query.join('&')}`
}

/** Those in headers, which are references, are left out. */
function named (parameters: NonNullable<Operation['parameters']>): Parameter[] {
  return parameters.flatMap((one) => '$ref' in one ? [] : one)
}

function formFlags (example: unknown): string[] {
  return Object.entries(example ?? {}).map(([name, value]) => `-F ${name}=${String(value)}`)
}

export function isOpen ({ security }: Operation): boolean {
  return security?.length === 0
}

function quoted (text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
