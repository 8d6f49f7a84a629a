// aibroker prices: update with a review, what waits, approval, and a running broker that takes it up.

import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { LARGEST_FEED_BYTES, readSource } from '../../src/cli/prices-source.ts'
import { FORMAT } from '../../src/catalog/price-list.ts'
import { gateway, post } from '../helper.ts'
import { own } from '../catalog/price-list.ts'
import { chatJson, provider } from '../upstreams.ts'
import { aibroker, emptyHome } from './command.ts'

const ID = 'my-vllm:qwen'
const FIRST = own({ [ID]: { input_cost: '1', output_cost: '2' } })

/** A home with a feed in a file, and the commands over both. */
function desk (t: Test, feed = FIRST, env: Record<string, string> = {}) {
  const home = emptyHome(t)
  const write = (text: string) => { writeFileSync(join(home, 'feed.json'), text) }
  write(feed)
  const prices = (...args: string[]) => aibroker(t, ['prices', ...args], { home, env })
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await prices(...args, '--json')
    t.equal(code, 0, stderr)
    return JSON.parse(stdout)
  }
  const update = (...args: string[]) => json('update', '--from', 'feed.json', ...args)
  return { home, write, prices, json, update, path: join(home, 'prices.json') }
}

t.test('update shows what it adds and changes and writes a private file in one step', async (t) => {
  const { home, write, update, json, path } = desk(t)
  t.match(await update('--dry-run'), { added: [{ id: ID }], written: false })
  t.equal(existsSync(path), false)
  t.match(await update(), { added: [{ id: ID, before: null, after: 'input_cost 1, output_cost 2' }], written: true })
  t.equal(statSync(path).mode & 0o777, 0o600)
  write(own({ [ID]: { input_cost: '1.5', output_cost: '2' } }))
  t.match(await update(), {
    added: [],
    changed: [{ id: ID, before: 'input_cost 1, output_cost 2', after: 'input_cost 1.5, output_cost 2' }],
    quarantined: []
  })
  t.match(await update(), { changed: [], unchanged: 1 })
  const listed = (await json('list')).data.find(({ id }: { id: string }) => id === ID)
  t.match(listed, { costs: { input_cost: '1.5', output_cost: '2' }, source: join(home, 'feed.json'), as_of: /^\d{4}-\d\d-\d\d$/ })
  t.same(readdirSync(home).sort(), ['feed.json', 'prices.json'], 'no drafts are left')
})

t.test('what is far waits until it is approved by name; the rest of the feed counts', async (t) => {
  const { write, update, json, prices } = desk(t)
  await update()
  write(own({
    [ID]: { input_cost: '1000', output_cost: '2' }, 'my-vllm:broken': { input_cost: '-1' }, 'my-vllm:fine': { input_cost: '1' }
  }))
  t.match(await update(), { added: [{ id: 'my-vllm:fine' }], changed: [], quarantined: [{ id: ID }, { id: 'my-vllm:broken' }] })
  const costs = async () => (await json('list')).data.find(({ id }: { id: string }) => id === ID).costs.input_cost
  t.equal(await costs(), '1')
  t.match((await json('list', '--quarantined')).data, [
    { id: 'my-vllm:broken', kind: 'unreadable', costs: null, reason: /input_cost/ },
    { id: ID, kind: 'changed', costs: { input_cost: '1000' }, reason: /1000 times/ }
  ])

  const refused = await prices('approve', ID, 'my-vllm:broken')
  t.match(refused, { code: 1, stderr: /my-vllm:broken has no price to take/ })
  t.equal(await costs(), '1', 'all or nothing')
  t.equal((await prices('approve', 'my-vllm:never')).code, 3)
  t.equal((await prices('approve')).code, 2)
  t.same(await json('approve', ID), { approved: [ID], quarantined: 1 })
  t.equal(await costs(), '1000')
  t.same(await json('approve', '--approve-all'), { approved: [], quarantined: 1 })
})

t.test('the packaged prices are what a first feed is measured by', async (t) => {
  const { update, json } = desk(t, own({ 'openai:gpt-4o-mini': { input_cost: '0.0001', output_cost: '0.0001' } }))
  const before = (await json('list')).data.find(({ id }: { id: string }) => id === 'openai:gpt-4o-mini')
  t.equal(before.source, 'built in')
  t.match(await update(), { changed: [], quarantined: [{ id: 'openai:gpt-4o-mini', kind: 'changed' }] })
  t.match(await update('--approve-all'), { quarantined: [] })
  const after = (await json('list')).data.find(({ id }: { id: string }) => id === 'openai:gpt-4o-mini')
  t.equal(after.costs.input_cost, '0.0001')
})

t.test('the factor is a setting, a flag over it, and never 1', async (t) => {
  const { write, update, prices } = desk(t, FIRST, { AIBROKER_PRICE_FACTOR: '1.2' })
  await update()
  write(own({ [ID]: { input_cost: '1.5', output_cost: '2' } }))
  t.equal((await update('--dry-run')).quarantined.length, 1)
  t.equal((await update('--dry-run', '--factor', '1.5')).changed.length, 1)
  for (const factor of ['1', '0.5', '-3', 'NaN', '1e9', '1001']) {
    t.equal((await prices('update', '--from', 'feed.json', '--factor', factor)).code, 2, factor)
  }
})

const RUBBISH = ['', 'null', '[]', '{"a":', '{"input_cost":NaN}', '<html>', own({}), `{"format":"${FORMAT}","prices":7}`, '{"data":[]}']

t.test('a feed that is none changes nothing and says so', async (t) => {
  const { write, update, prices, path } = desk(t)
  await update()
  const before = readFileSync(path, 'utf8')
  for (const text of RUBBISH) {
    write(text)
    const { code, stderr } = await prices('update', '--from', 'feed.json', '--approve-all')
    t.equal(code, 1, text)
    t.match(stderr, /^aibroker: feed\.json (is no|has no)/)
  }
  t.equal((await prices('update', '--from', 'nowhere.json')).code, 3)
  t.equal(readFileSync(path, 'utf8'), before)
})

t.test('the answer for people: signs, sums, and what to do next; no control characters of a feed', async (t) => {
  const { prices } = desk(t, own({ [ID]: { input_cost: '1' }, 'my-vllm:free': { input_cost: '0', '\u001b[2J': 'x' } }))
  const { stdout, stderr, code } = await prices('update', '--from', 'feed.json')
  t.equal(code, 0)
  t.match(stdout, /^\+ my-vllm:qwen: input_cost 1$/m)
  t.match(stdout, /1 added, 0 changed, 0 unchanged, 1 quarantined/)
  t.match(stderr, /1 wait: aibroker prices approve/)
  t.notMatch(stdout + stderr, '\u001b')
})

async function serve (t: Test, answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => { server.once('listening', resolve) })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('a URL is read from this machine or over https alone, whole or not at all', async (t) => {
  const { json, prices } = desk(t)
  const url = await serve(t, (request, response) => {
    if (request.url === '/list') return response.end(FIRST)
    if (request.url === '/away') return response.writeHead(302, { location: '/list' }).end()
    if (request.url === '/bytes') return response.end(Buffer.from([0x22, 0xff, 0x22]))
    return response.writeHead(503).end()
  })
  t.match(await json('update', '--from', `${url}/list`), { added: [{ id: ID }] })
  for (const [from, code, says] of [
    [`${url}/down`, 1, /answered 503/],
    [`${url}/away`, 1, /redirect/],
    [`${url}/bytes`, 1, /not UTF-8/],
    ['http://prices.example/list', 2, /only https/],
    ['http://127.0.0.1.example/list', 2, /only https/],
    ['https://me:secret@prices.example/list', 2, /user name or a password/],
    ['https://', 2, /is not a URL/]
  ] as const) t.match(await prices('update', '--from', from), { code, stderr: says }, from)
})

t.test('a feed without an end, and one that never comes, are left', async (t) => {
  const block = Buffer.alloc(1024 * 1024, ' ')
  const url = await serve(t, (request, response) => {
    if (request.url === '/never') return
    const more = () => { if (!response.destroyed) response.write(block, more) }
    more()
  })
  await t.rejects(readSource(`${url}/endless`), { message: new RegExp(`larger than ${LARGEST_FEED_BYTES} bytes`) })
  await t.rejects(readSource(`${url}/never`, 50), { message: /took too long/ })
})

t.test('a running broker takes the list up at a reload, for models that its file does not name', async (t) => {
  const upstream = await provider(t, chatJson())
  const named = (provider: string) => `{ provider: ${provider}, model_id: named, input_cost: 1, output_cost: 2 }`
  const config = `providers:\n  my-vllm: { wire: openai-chat, base_url: '${upstream.url}', credential: none }\n` +
    `models:\n  named: { backends: [${named('openai')}, ${named('my-vllm')}] }\n`
  const env = { OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY: 'sk-0123456789abcdef' }
  const broker = await gateway(t, { config, env })
  const costOf = async (model: string) => {
    const answer = await post(`${broker.url}/chat/completions`, { model, messages: [{ role: 'user', content: 'hi' }] })
    return answer.json().x_aibroker.cost_usd
  }
  t.equal(await costOf('openai/fresh'), null)

  const feed = join(broker.home, 'feed.json')
  const costs = { input_cost: '10', output_cost: '20' }
  writeFileSync(feed, own({ 'openai:fresh': costs, 'openai:named': costs, [ID]: costs }))
  const { code, stderr } = await aibroker(t, ['prices', 'update', '--from', feed], { home: broker.home })
  t.equal(code, 0, stderr)
  t.equal(await costOf('openai/fresh'), null, 'not by itself')
  t.equal(broker.gateway.reload(), true)
  t.equal(await costOf('openai/fresh'), '0.000150000')
  t.equal(await costOf('openai/named'), '0.000015000', 'modelsconfig.yml counts')
  t.equal(await costOf('named'), '0.000015000')
  t.equal(await costOf('my-vllm/qwen'), null, 'behind an address of the operator a list means nothing')
})
