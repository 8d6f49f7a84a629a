// The size limit of forms.

import t from 'tap'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { spool } from '../../src/exchange/spool.ts'
import { gateway } from '../helper.ts'

t.test('a form over its limit is refused with the setting that raises it', async (t) => {
  const { url } = await gateway(t, { env: { AIBROKER_MULTIPART_LIMIT: '1000', AIBROKER_BODY_LIMIT: '500' } })
  const form = new FormData()
  form.set('model', 'm')
  form.set('file', new Blob(['x'.repeat(2_000)]), 'a.wav')
  const refused = await fetch(`${url}/audio/transcriptions`, { method: 'POST', body: form })
  t.equal(refused.status, 413)
  t.match(await refused.json(), { error: { message: 'The request body is larger than 1000 bytes (AIBROKER_MULTIPART_LIMIT).' } })

  const json = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x'.repeat(600) }] })
  })
  t.equal(json.status, 413)
  t.match(await json.json(), { error: { message: 'The request body is larger than 500 bytes (AIBROKER_BODY_LIMIT).' } })
})

t.test('nothing of a form that was too large stays on the disk', async (t) => {
  const folder = join(t.testdir(), 'spool')
  const incoming = Readable.from(Array.from({ length: 3 }, () => Buffer.alloc(1024 * 1024, '-')))
  const options = { contentType: 'multipart/form-data; boundary=b', folder, limitBytes: 2 * 1024 * 1024, recordingBytes: 2 * 1024 * 1024 }
  await t.rejects(spool(incoming, options), { code: 'too_large' })
  t.ok(existsSync(folder), 'it waited in a file')
  t.same(readdirSync(folder), [])
})
