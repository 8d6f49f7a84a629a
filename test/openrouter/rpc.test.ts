// Check 152: JSON-RPC 2.0 at POST /rpc, and the OpenRPC document.

import t, { type Test } from 'tap'
import { GatewayError } from '../../src/core/errors.ts'
import { JsonText, nothing, operation } from '../../src/rpc/operation.ts'
import { Rpc } from '../../src/rpc/dispatch.ts'
import { gateway, post, type GatewayOptions } from '../helper.ts'
import { chatJson, provider } from '../upstreams.ts'

const OPERATOR = 'sk-the-operator-0123456789'
const KEYED = { AIBROKER_API_KEYS: OPERATOR }
const BEARER = { authorization: `Bearer ${OPERATOR}` }

async function broker (t: Test, options: GatewayOptions = {}) {
  const { url } = await provider(t, chatJson())
  const opened = await gateway(t, { models: { m: [{ url }] }, ...options })
  const send = (body: unknown, headers: Record<string, string> = {}) => post(`${opened.origin}/rpc`, body, headers)
  return {
    ...opened,
    send,
    call: async (method: string, params?: unknown, headers?: Record<string, string>) =>
      (await send({ jsonrpc: '2.0', id: 1, method, params }, headers)).json()
  }
}

t.test('152: health, info, models.list and mcp.list_tools are answered with the id that was sent', async (t) => {
  const { send, origin, url } = await broker(t)
  const ask = async (method: string, id: unknown) => {
    const reply = await send({ jsonrpc: '2.0', id, method, params: {} })
    t.same([reply.status, reply.headers.get('content-type')], [200, 'application/json; charset=utf-8'])
    const { jsonrpc, id: echoed, result, error } = reply.json()
    t.same([jsonrpc, echoed, error], ['2.0', id, undefined], method)
    return result
  }
  const health = await (await fetch(`${origin}/health`)).json() as { version: string }
  t.match(await ask('health', 'a "text"'), { ...health, load: Object })
  t.match(await ask('info', 7), {
    name: 'aibroker', version: health.version, mode: 'proxy', is_mother: false, mother_count: 0, uptime_s: 0, started_at: /Z$/
  })
  t.same(await ask('models.list', null), await (await fetch(`${url}/models`)).json())
  t.same(await ask('mcp.list_tools', 0), { tools: [] })
})

const NO_REQUEST: ReadonlyArray<readonly [what: string, body: string, code: number, id: unknown, says: RegExp]> = [
  ['nothing', '', -32700, null, /not valid JSON/],
  ['half an object', '{"jsonrpc":"2.0","method":"inf', -32700, null, /not valid JSON/],
  ['half a batch', '[{"jsonrpc":"2.0","method":"info","id":1},', -32700, null, /not valid JSON/],
  ['two values', '[1],"body":[1]', -32700, null, /not valid JSON/],
  ['two members of a box', '[],"x":1', -32700, null, /several values/],
  ['a member twice', '{"jsonrpc":"2.0","id":1,"id":2,"method":"info"}', -32700, null, /twice/],
  ['a prototype', '{"jsonrpc":"2.0","id":1,"method":"info","__proto__":{}}', -32700, null, /__proto__/],
  ['a deep one', `{"jsonrpc":"2.0","id":1,"method":"info","params":${'['.repeat(500)}${']'.repeat(500)}}`, -32700, null, /nested/],
  ['a deep batch', `${'['.repeat(500)}${']'.repeat(500)}`, -32700, null, /nested/],
  ['a number', '1', -32600, null, /is an object/],
  ['an empty batch', '[]', -32600, null, /empty batch/],
  ['too large a batch', `[${Array(101).fill('1').join(',')}]`, -32600, null, /at most 100 messages, and this one has 101/],
  ['another version', '{"jsonrpc":"1.0","id":3,"method":"info"}', -32600, 3, /"jsonrpc"/],
  ['no version', '{"id":3,"method":"info"}', -32600, 3, /"jsonrpc"/],
  ['no method', '{"jsonrpc":"2.0","id":"x"}', -32600, 'x', /"method"/],
  ['a method that is a number', '{"jsonrpc":"2.0","method":1,"params":"bar"}', -32600, null, /"method"/],
  ['params that are a text', '{"jsonrpc":"2.0","id":1,"method":"info","params":"bar"}', -32600, 1, /"params"/],
  ['params that are null', '{"jsonrpc":"2.0","id":1,"method":"info","params":null}', -32600, 1, /"params"/],
  ['an id that is an object', '{"jsonrpc":"2.0","id":{},"method":"info"}', -32600, null, /"id"/],
  ['an id that would change', '{"jsonrpc":"2.0","id":12345678901234567890,"method":"info"}', -32600, null, /"id"/],
  ['an id without end', '{"jsonrpc":"2.0","id":1e999,"method":"info"}', -32600, null, /"id"/]
]

t.test('152: what is no JSON, or no request, is told so', async (t) => {
  const { send, log } = await broker(t)
  for (const [what, body, code, id, says] of NO_REQUEST) {
    const reply = await send(body)
    t.equal(reply.status, 200, what)
    t.match(reply.json(), { jsonrpc: '2.0', error: { code, message: says }, id }, what)
  }
  t.notMatch(log(), 'an operation failed')
})

t.test('152: bytes that are no UTF-8 are no JSON', async (t) => {
  const { origin } = await broker(t)
  const body = Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d])
  const reply = await fetch(`${origin}/rpc`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  t.match(await reply.json(), { error: { code: -32700, message: /UTF-8/ }, id: null })
})

t.test('152: an unknown method is told with the nearest one', async (t) => {
  const { call } = await broker(t)
  t.match(await call('model.list'), {
    error: { code: -32601, message: /"model\.list".*Did you mean "models\.list"/, data: { nearest: 'models.list' } }, id: 1
  })
  const { error } = await call('x'.repeat(5_000))
  t.match(error, { code: -32601, data: { nearest: null } })
  t.ok(error.message.length < 300, 'and is not repeated at length')
  for (const method of ['__proto__', 'constructor', 'rpc.', '']) t.equal((await call(method)).error.code, -32601, method)
})

t.test('152: a wrong parameter is named', async (t) => {
  const { call } = await broker(t)
  t.match(await call('health', { verbose: true }), { error: { code: -32602, message: /"verbose"/, data: { member: 'verbose' } } })
  t.match(await call('health', [1]), { error: { code: -32602, message: /too many/ } })
  t.match(await call('health', []), { result: { ok: true } })
  t.match(await call('info', JSON.parse('{"__proto__":1}')), { error: { code: -32602, data: { member: '__proto__' } } })
})

t.test('152: a notification has no answer, alone and in a batch', async (t) => {
  const { send } = await broker(t)
  for (const body of [
    { jsonrpc: '2.0', method: 'info' },
    { jsonrpc: '2.0', method: 'nobody' },
    [{ jsonrpc: '2.0', method: 'info' }, { jsonrpc: '2.0', method: 'nobody' }]
  ]) {
    const reply = await send(body)
    t.same([reply.status, reply.text, reply.headers.get('content-type')], [204, '', null])
  }
})

t.test('152: a batch is answered in its order, each with its id', async (t) => {
  const { send } = await broker(t)
  const reply = await send([
    { jsonrpc: '2.0', method: 'info', id: 'a' }, 1, { jsonrpc: '2.0', method: 'info' },
    { jsonrpc: '2.0', method: 'nobody', id: 2 }, { foo: 'boo' }, { jsonrpc: '2.0', method: 'mcp.list_tools', id: null }
  ])
  t.equal(reply.status, 200)
  const rows = reply.json()
  t.same(rows.map(({ id, error }: { id: unknown, error?: { code: number } }) => [id, error?.code]), [
    ['a', undefined], [null, -32600], [2, -32601], [null, -32600], [null, undefined]
  ])
})

t.test('152: keys, pages and bodies are looked at as on every other route', async (t) => {
  const { send, origin } = await broker(t, { env: KEYED })
  const body = { jsonrpc: '2.0', id: 1, method: 'info' }
  t.equal((await send(body)).status, 401)
  t.equal((await send(body, { authorization: 'Bearer sk-wrong' })).status, 401)
  t.equal((await send(body, BEARER)).status, 200)
  t.equal((await send(body, { ...BEARER, origin: 'https://evil.example' })).status, 403)
  t.equal((await send(body, { ...BEARER, 'content-type': 'text/plain' })).status, 415)
  const form = await fetch(`${origin}/rpc`, { method: 'POST', headers: BEARER, body: new FormData() })
  t.equal(form.status, 415)
  const large = await send(JSON.stringify({ ...body, params: { text: 'x'.repeat(300_000) } }), BEARER)
  t.match([large.status, large.json()], [413, { error: { message: /262144 bytes \(no setting/ } }])
  t.equal((await fetch(`${origin}/rpc`, { headers: BEARER })).status, 405)
})

t.test('152: requests to it count in the minute of the key', async (t) => {
  const { send, gateway: { keys } } = await broker(t)
  const { token } = keys.create({ name: 'slow', rpm: 2 })
  const statuses: number[] = []
  for (let at = 0; at < 3; at++) {
    const { status } = await send({ jsonrpc: '2.0', id: 1, method: 'info' }, { authorization: `Bearer ${token}` })
    statuses.push(status)
  }
  t.same(statuses, [200, 200, 429])
})

t.test('152: rpc.discover and GET /openrpc.json are the same document, and need no key to be read', async (t) => {
  const { call, origin } = await broker(t, { env: KEYED })
  const reply = await fetch(`${origin}/openrpc.json`)
  t.equal(reply.status, 200)
  const document = await reply.json() as { methods: Array<{ name: string }> }
  const again = await fetch(`${origin}/openrpc.json`, { headers: { 'if-none-match': reply.headers.get('etag') ?? '' } })
  t.equal(again.status, 304)
  t.same((await call('rpc.discover', undefined, BEARER)).result, document)
  t.match(document, { openrpc: /^1\./, info: { title: 'aibroker', version: String } })
  const names = document.methods.map(({ name }) => name)
  for (const name of ['health', 'info', 'models.list', 'mcp.list_tools', 'rpc.discover']) t.ok(names.includes(name), name)
  for (const method of document.methods) {
    t.match(method, { name: String, summary: String, params: Array, result: { name: String, schema: Object } })
  }
})

const bare = { summary: '', params: [], result: { name: 'x', schema: {} }, mayCall: () => true, read: nothing }

function small (run: () => never | JsonText) {
  const alarms: unknown[] = []
  const operations = [operation({ ...bare, name: 'do', run })]
  const rpc = new Rpc({
    operations, forbidden: 'no', nearest: () => undefined, alarm: (...alarm) => { alarms.push(alarm) }
  })
  return { alarms, ask: async (body: unknown) => await rpc.answer(Buffer.from(JSON.stringify(body)), undefined) ?? '' }
}

t.test('152: what an operation throws by mistake is in the log and not in the answer', async (t) => {
  const mistake = new TypeError('secret at /home/somebody')
  const { ask, alarms } = small(() => { throw mistake })
  const text = await ask({ jsonrpc: '2.0', id: 1, method: 'do' })
  t.match(JSON.parse(text), { error: { code: -32603 }, id: 1 })
  t.notMatch(text, /secret|somebody|TypeError/)
  t.equal(await ask({ jsonrpc: '2.0', method: 'do' }), '')
  t.same(alarms, [['do', mistake], ['do', mistake]])

  const refusing = small(() => { throw new GatewayError('ledger_unavailable', { reason: 'disk full' }) })
  t.match(JSON.parse(await refusing.ask({ jsonrpc: '2.0', id: 1, method: 'do' })), {
    error: { code: -32000, message: /disk full/, data: { reason: 'ledger_unavailable', status: 503 } }
  })
  t.same(refusing.alarms, [])
})

t.test('152: a batch whose answers grow too large ends in refusals, before the rest runs', async (t) => {
  let ran = 0
  const { ask } = small(() => {
    ran++
    return new JsonText(`"${'x'.repeat(6 * 1024 * 1024)}"`)
  })
  const text = await ask(Array.from({ length: 6 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'do' })))
  const rows = JSON.parse(text)
  const codes = rows.map(({ error }: { error?: { code: number } }) => error?.code)
  t.same(codes, [undefined, undefined, undefined, -32000, -32000, -32000])
  t.equal(ran, 3)
})
