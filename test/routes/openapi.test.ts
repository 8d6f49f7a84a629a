// The document of what is served: complete, valid, true of the answers, and a page that any browser can show.

import { Validator } from '@seriousme/openapi-schema-validator'
import t, { type Test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { ERRORS } from '../../src/core/errors.ts'
import { resolved, type Answer, type OpenapiDocument } from '../../src/openapi/document-shape.ts'
import { openapiDocument } from '../../src/openapi/document.ts'
import type { RouteDoc } from '../../src/openapi/route-doc.ts'
import { gateway } from '../helper.ts'
import { unbalancedIn } from './markup.ts'

/** Routes that do not say yet what they are. Keep it empty. */
const UNDESCRIBED: readonly string[] = []

async function documentOf (t: Test): Promise<OpenapiDocument> {
  const { origin } = await gateway(t)
  return await (await fetch(`${origin}/openapi.json`)).json() as OpenapiDocument
}

t.test('every route says what it is', async (t) => {
  const broker = await gateway(t)
  const app = await buildApp({ gateway: broker.gateway })
  t.teardown(() => app.close())

  t.same(app.routeDocs.undescribed, UNDESCRIBED)
  t.ok(app.routeDocs.described.length > 20)
  const document = await documentOf(t)
  for (const { method, url } of app.routeDocs.described) {
    const path = url.replace(/^\/api(?=\/v1\/)/, '')
    const told = Object.keys(document.paths).filter((one) => isSame(one, path) || isSame(one, path.replace('/v1', '')))
    t.ok(told.some((one) => document.paths[one]?.[method.toLowerCase()]), `${method} ${url} is in the document`)
  }
})

t.test('the paths of the start line are in the document, and dialects that are told as chats are among them', async (t) => {
  const { gateway: { paths } } = await gateway(t)
  const document = await documentOf(t)
  t.same(paths.filter((path) => !document.paths[path]?.['post']), [])
  for (const path of ['/v1/messages', '/v1/responses']) t.ok(paths.includes(path), path)
})

/** `/v1/models/{id}` and `/v1/models/*`. */
function isSame (told: string, registered: string): boolean {
  return told.replace(/\{\w+\}/g, '{}') === registered.replace(/:\w+|\*/g, '{}')
}

t.test('the document is valid OpenAPI 3.1', async (t) => {
  const document = await documentOf(t)
  const { valid, errors } = await new Validator().validate({ ...document })
  t.ok(valid, JSON.stringify(errors))

  const wrong = { ...document, paths: { '/v1/models': { get: { responses: { 200: {} } } } } }
  t.notOk((await new Validator().validate(wrong)).valid, 'and the check would say if it were not')
})

t.test('operations have names of their own, made of method and path', async (t) => {
  const { paths } = await documentOf(t)
  const ids = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId))
  t.equal(new Set(ids).size, ids.length)
  t.equal(paths['/v1/chat/completions']?.['post']?.operationId, 'postChatCompletions')
  t.equal(paths['/v1/exchanges/{id}/explain']?.['get']?.operationId, 'getExchangesByIdExplain')
  t.equal(paths['/v1/models/{id}']?.['get']?.operationId, 'getModelsById')
  t.equal(paths['/health']?.['get']?.operationId, 'getHealth')
  t.notOk(Object.keys(paths).some((path) => path.startsWith('/api/')), 'each path is told once')
})

t.test('every parameter of a path is told, and every reference leads somewhere', async (t) => {
  const document = await documentOf(t)
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const { parameters = [] } of Object.values(methods)) {
      const named = parameters.flatMap((one) => 'in' in one && one.in === 'path' ? [`{${one.name}}`] : [])
      t.same(named, path.match(/\{\w+\}/g) ?? [], path)
    }
  }
  const text = JSON.stringify(document)
  for (const [, kind = '', name = ''] of text.matchAll(/"#\/components\/(\w+)\/([\w-]+)"/g)) {
    t.ok((document.components as unknown as Record<string, Record<string, unknown>>)[kind]?.[name], name)
  }
})

t.test('failures are told by status, with the codes of the table', async (t) => {
  const { paths, components } = await documentOf(t)
  const responsesOf = (path: string, method: string): Record<string, Answer | undefined> =>
    Object.fromEntries(Object.entries(paths[path]?.[method]?.responses ?? {})
      .map(([status, answer]) => [status, resolved(answer, components.responses)]))
  const responses = responsesOf('/v1/chat/completions', 'post')
  for (const status of ['400', '401', '402', '403', '404', '408', '409', '413', '415', '422', '429', '502', '503']) {
    t.ok(responses[status], status)
  }
  t.match(responses['402']?.description, '`budget_exceeded`')
  t.match(responses['402']?.description, ERRORS.too_costly.says)
  t.ok(responses['429']?.headers?.['Retry-After'])
  t.notOk(responsesOf('/health', 'get')['401'], 'health needs no key')
})

t.test('two routes or two schemas of one name are a mistake', async (t) => {
  const doc: RouteDoc = { group: 'Models', summary: 'One', answers: { 200: { says: 'It.' } } }
  const route = { method: 'GET', url: '/v1/a', doc, isOpen: true, isRated: false }
  const parts = { version: '1', envelope: { title: 'Failure' } }
  t.ok(openapiDocument({ ...parts, routes: [route, { ...route, url: '/api/v1/a' }] }), 'under two bases it is one route')
  t.throws(() => openapiDocument({ ...parts, routes: [route, { ...route, doc: { ...doc } }] }), /called getA/)
  const other = { ...doc, answers: { 200: { says: 'It.', content: { 'application/json': { title: 'Failure' } } } } }
  t.throws(() => openapiDocument({ ...parts, routes: [{ ...route, doc: other }] }), /called Failure/)
})

t.test('document and page need no key, and are sent once', async (t) => {
  const { origin } = await gateway(t, { env: { AIBROKER_API_KEYS: 'sk-somebody' } })
  for (const path of ['/openapi.json', '/v1/openapi.json', '/api/v1/openapi.json', '/docs']) {
    const first = await fetch(`${origin}${path}`)
    t.equal(first.status, 200, path)
    t.equal(first.headers.get('cache-control'), 'no-cache')
    const etag = first.headers.get('etag') ?? ''
    const second = await fetch(`${origin}${path}`, { headers: { 'if-none-match': `"other", W/${etag}` } })
    t.equal(second.status, 304, path)
    t.equal(await second.text(), '')
    const third = await fetch(`${origin}${path}`, { headers: { 'if-none-match': '"other"' } })
    t.equal(await third.text(), await first.text())
  }
  const page = await fetch(`${origin}/docs`, { headers: { origin: 'https://elsewhere.example' } })
  t.equal(page.status, 403, 'web pages are kept out as everywhere')
})

t.test('planted: pages that are not well-formed', async (t) => {
  const around = (body: string) => unbalancedIn(`<!DOCTYPE html>\n<body>${body}</body>`).length
  t.equal(around('<p>a &amp; b</p><br>'), 0)
  for (const body of ['<p>', '<b><i></b></i>', 'a & b', 'a < b', '<p x=y></p>', '</p>']) t.ok(around(body) > 0, body)
  t.equal(unbalancedIn('<p></p>').length, 1)
})

t.test('the page is well-formed HTML without a script, and loads nothing', async (t) => {
  const { origin } = await gateway(t)
  const response = await fetch(`${origin}/docs`)
  const page = await response.text()
  t.match(response.headers.get('content-security-policy'), /^default-src 'none'; style-src 'sha256-[\w+/=]+';/)
  t.equal(response.headers.get('x-content-type-options'), 'nosniff')
  t.same(unbalancedIn(page), [])
  t.notMatch(page, /<script|<link|<img|\son\w+=|style="|javascript:/i)
  t.match(page, 'prefers-color-scheme:dark')
  const ids = new Set([...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id))
  const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
  t.same(links.filter((id) => !ids.has(id)), [])
  t.ok(links.length > 50)
})

t.test('the page tells every route, with its members and a command to try it', async (t) => {
  const { origin } = await gateway(t)
  const page = await (await fetch(`${origin}/docs`)).text()
  const document = await (await fetch(`${origin}/openapi.json`)).json() as OpenapiDocument
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const { operationId } of Object.values(methods)) t.match(page, `<article id="${operationId}">`, path)
  }
  t.match(page, '<code>choices[].message.content</code>')
  t.match(page, '<code>data.x_aibroker.left_usd</code>')
  t.match(page, 'curl &quot;$AIBROKER/v1/chat/completions&quot;')
  t.match(page, '-F file=@recording.mp3')
  t.match(page, '?id=gen-')
})
