// aibroker price: bills from a file, for people and programs.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { aibroker, emptyHome } from './command.ts'

const FILE = `
models:
  large:
    backends:
      - provider: openai
        model_id: gpt-x
        input_cost: 2.5
        cached_input_cost: 0.25
        output_cost: 15
        tiers: [{ above_input: 272000, input_cost: 5, cached_input_cost: 0.5, output_cost: 22.5 }]
        service_tiers: { flex: 0.5 }
        regions: { us: 1.1 }
        markup: 1.15
      - { provider: openrouter, model_id: openai/gpt-x, input_cost: 3, output_cost: 16 }
      - { provider: groq, model_id: gpt-x }
  nightly:
    backends:
      - provider: groq
        model_id: owl
        input_cost: 2
        output_cost: 2
        hours: [{ utc_start: 2200, utc_end: 0600, input_cost: 1 }]
`

function price (t: Test, ...args: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'aibroker-price-'))
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  const config = join(folder, 'models.yml')
  writeFileSync(config, FILE)
  return aibroker(t, ['price', ...args, '--config', config])
}

t.test('each backend has its bill, line by line; one without a price has none', async (t) => {
  const { code, stdout } = await price(t, 'large', '--input', '12000', '--cached', '9000', '--output', '800')
  t.equal(code, 0)
  const [first = '', second = '', third = ''] = stdout.split('\n\n')
  t.match(first, /^openai:gpt-x, price [0-9a-f]{16}\n/)
  t.match(first, /input +3000 +0\.0000025 +0\.007500000\n/)
  t.match(first, /cache_read +9000 +0\.00000025 +0\.002250000\n/)
  t.match(first, /total +0\.021750000\nmarkup on top: 0\.003262500 USD$/)
  t.match(second, /cache_read +9000 +0\.000003 +0\.027000000\n/)
  t.match(third, /not known; write its costs into modelsconfig\.yml/)
})

t.test('tier, service tier and region are applied and told', async (t) => {
  const { stdout } = await price(t, 'large', '--provider', 'openai', '--input', '272001', '--output', '10',
    '--service-tier', 'flex', '--region', 'us', '--json')
  const { data: [bill, ...others] } = JSON.parse(stdout)
  t.same(others, [])
  t.match(bill, {
    backend: 'openai:gpt-x',
    // 272001 x 5 x 0.5 x 1.1 / M, 10 x 22.5 x 0.5 x 1.1 / M
    line_items: [{ kind: 'input', count: 272_001, cost_usd: '0.748002750' }, { kind: 'output', cost_usd: '0.000123750' }],
    cost_usd: '0.748126500',
    price_applied: { above_input: 272_000, service_tier: 'flex', region: 'us', utc_hours: null, is_service_tier_priced: true }
  })
})

t.test('a price by the time of day is that of --at, to the minute', async (t) => {
  for (const [at, cost] of [['2159', '2'], ['22:00', '1'], ['0559', '1'], ['0600', '2']] as const) {
    const { stdout } = await price(t, 'nightly', '--input', '1000000', '--output', '0', '--at', at, '--json')
    t.match(JSON.parse(stdout).data, [{ cost_usd: `${cost}.000000000` }], at)
  }
  const { stdout } = await price(t, 'nightly', '--input', '9', '--at', '2300')
  t.match(stdout, /priced by: sent within 2200-0600 UTC\n/)
  t.not((await price(t, 'nightly', '--input', '9', '--at', '2400')).code, 0)
})

t.test('a backend that no model of the file names is priced by the packaged list', async (t) => {
  const { code, stdout } = await price(t, 'openai/gpt-5-nano', '--input', '1000000', '--output', '1000000', '--json')
  t.equal(code, 0)
  t.match(JSON.parse(stdout).data, [{ provider: 'openai', model_id: 'gpt-5-nano', cost_usd: '0.450000000' }])
})

t.test('what the price does not have is told, and what it counts instead', async (t) => {
  const { stdout } = await price(t, 'openai/whisper-1', '--input', '90', '--provider', 'openai')
  t.match(stdout, /something is used that has no cost in the price, which has them for --seconds/)
  const elsewhere = await price(t, 'large', '--input', '1', '--region', 'mars', '--provider', 'openai')
  t.match(elsewhere.stdout, /\nregion mars is not in the price, and changes nothing\n/)
  const there = await price(t, 'large', '--input', '1', '--region', 'us', '--provider', 'openai')
  t.notMatch(there.stdout, /changes nothing/)
})

t.test('the price list of the home counts as it does for the broker', async (t) => {
  const home = emptyHome(t)
  const prices = [{ id: 'openai:gpt-new', input_cost: '2', output_cost: '8' }]
  writeFileSync(join(home, 'feed.json'), JSON.stringify({ format: 'aibroker-prices/1', prices }))
  const before = await aibroker(t, ['price', 'openai/gpt-new', '--input', '100'], { home })
  t.equal(before.code, 3)
  t.match(before.stderr, /or "aibroker prices list"/)
  t.equal((await aibroker(t, ['prices', 'update', '--from', 'feed.json'], { home })).code, 0)
  const { stdout } = await aibroker(t, ['price', 'openai/gpt-new', '--input', '100', '--json'], { home })
  t.match(JSON.parse(stdout).data, [{ backend: 'openai:gpt-new', cost_usd: '0.000200000' }])
  const named = await aibroker(t, ['price', 'openai/gpt-new', '--input', '100', '--home', home])
  t.match(named.stdout, /total +0\.000200000/)
})

t.test('what cannot be answered is refused with the exit codes of every command', async (t) => {
  const cases: ReadonlyArray<readonly [code: number, says: RegExp, args: readonly string[]]> = [
    [3, /no model larg with a price.*did you mean large/, ['larg', '--input', '1']],
    [3, /not served by xai, but by openai, openrouter, groq/, ['large', '--input', '1', '--provider', 'xai']],
    [2, /say what is used/, ['large']],
    [2, /more than --input/, ['large', '--input', '5', '--cached', '6']],
    [2, /more than --output/, ['large', '--reasoning', '6']],
    [2, /whole number/, ['large', '--input', '1.5']]
  ]
  for (const [code, says, args] of cases) {
    const ended = await price(t, ...args)
    t.equal(ended.code, code, args.join(' '))
    t.match(ended.stderr, says)
    t.equal(ended.stdout, '')
  }
})
