// Variables of the environment that mean nothing are told at start.

import t from 'tap'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SETTING_NAMES, unknownSettings } from '../src/setting-names.ts'
import { gateway } from './helper.ts'

const ROOT = join(import.meta.dirname, '..')

function namesRead (): string[] {
  const files = ['src', 'plugins', 'routes'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts')).map((file) => join(ROOT, folder, file)))
  const texts = files.map((file) => readFileSync(file, 'utf8'))
  return [...new Set(texts.flatMap((text) => text.match(/\bAIBROKER_[A-Z0-9_]+/g) ?? []))].filter((name) => name !== 'AIBROKER_').sort()
}

t.test('every variable the sources read is known, and no other', async (t) => {
  t.same([...SETTING_NAMES].sort(), namesRead())
})

t.test('a misspelt one is told with the nearest, and a strange one without', async (t) => {
  t.same(unknownSettings({ AIBROKER_MAX_INFLIGHT: '5', AIBROKER_ZZZZZZZZ: '1', AIBROKER_HOST: 'x', OPENAI_API_KEY: 'x' }), [
    'AIBROKER_MAX_INFLIGHT is set, and is no setting of the broker: it changes nothing; did you mean AIBROKER_MAX_IN_FLIGHT?',
    'AIBROKER_ZZZZZZZZ is set, and is no setting of the broker: it changes nothing'
  ])
})

t.test('a broker says so when it starts', async (t) => {
  const broker = await gateway(t, { env: { AIBROKER_MAX_INFLIGHT: '5' } })
  t.match(broker.log(), /did you mean AIBROKER_MAX_IN_FLIGHT/)
})
