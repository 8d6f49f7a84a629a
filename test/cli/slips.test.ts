// Slips of the hand that would have been taken in silence: names that nobody has, flags given twice, empty names.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { aibroker, emptyHome } from './command.ts'

const CONFIG = 'models:\n  gpt-4o:\n    aliases: [four]\n    backends:\n      - provider: openai\n        model_id: gpt-4o\n'

t.test('a key or a budget for a model that is not there is made, and told with the nearest name', async (t) => {
  const home = emptyHome(t)
  writeFileSync(join(home, 'modelsconfig.yml'), CONFIG)
  const near = /no model of modelsconfig\.yml is called gpt4p; did you mean gpt-4o\?/
  const key = await aibroker(t, ['token', 'create', '--models', 'gpt4p,gpt-4o,four,auto,openai/*,groq/any', '--json'], { home })
  t.match(key, { code: 0, stderr: near })
  t.equal(key.stderr.trim().split('\n').length, 1)
  const budget = await aibroker(t, ['budget', 'set', 'b', '--scope', 'model:gpt4p', '--limit', '1', '--json'], { home })
  t.match(budget, { code: 0, stderr: near })
  t.equal((await aibroker(t, ['budget', 'set', 'b', '--scope', 'model:gpt-4o', '--limit', '1', '--json'], { home })).stderr, '')
})

t.test('a file that cannot be read keeps nobody from a key', async (t) => {
  const home = emptyHome(t)
  writeFileSync(join(home, 'modelsconfig.yml'), 'models: 7\n')
  t.match(await aibroker(t, ['token', 'create', '--models', 'gpt4p', '--json'], { home }), { code: 0, stderr: '' })
})

t.test('a group given twice and a name that is none are refused', async (t) => {
  const home = emptyHome(t)
  const twice = await aibroker(t, ['usage', '--by', 'key', '--by', 'model'], { home })
  t.match(twice, { code: 2, stderr: /'--by <group>'.*Give it once; it was key before/ })
  for (const name of ['', '  ']) {
    t.match(await aibroker(t, ['token', 'create', '--name', name], { home }), { code: 2, stderr: /Give it a name/ })
  }
})
