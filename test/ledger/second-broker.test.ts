// A second broker on the same home is refused before it touches anything of the first.

import t from 'tap'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import { systemClock } from '../../src/core/clock.ts'
import { systemRandom } from '../../src/core/ids.ts'
import { openGateway } from '../../src/open-gateway.ts'
import { gateway } from '../helper.ts'

const outside = { clock: systemClock, random: systemRandom, log: pino({ level: 'silent' }) }

t.test('an upload of a running broker survives a second start; the next start after it clears the spool', async (t) => {
  const { gateway: first, close } = await gateway(t)
  const { settings } = first
  mkdirSync(settings.spoolFolder, { recursive: true })
  const upload = join(settings.spoolFolder, 'upload-running')
  writeFileSync(upload, 'half a recording')
  await t.rejects(openGateway(settings, outside), /in use by this process/)
  t.ok(existsSync(upload))

  await close()
  const second = await openGateway(settings, outside)
  t.notOk(existsSync(settings.spoolFolder))
  await second.close()
})
