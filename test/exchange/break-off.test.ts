// The last words of a stream that broke, in a wire that cannot find them.

import t from 'tap'
import { GatewayError } from '../../src/core/errors.ts'
import { StreamDelivery } from '../../src/exchange/deliver-stream.ts'
import type { Delivering } from '../../src/exchange/delivering.ts'

t.test('a wire that fails to tell the failure does not keep the connection open, and the operator hears of it', async (t) => {
  const heard: unknown[] = []
  const bug = new Error('no words')
  const exchange = {
    id: 'gen-1',
    ask: { task: 'chat', envelope: { model: 'm' }, wire: { errorFrame () { throw bug } } },
    client: { cut: (words: Buffer | undefined) => { heard.push(['cut', words]) } },
    parts: { alarm: (message: string, cause: unknown) => { heard.push([message, cause]) } }
  }
  new StreamDelivery(exchange as unknown as Delivering).breakOff(new GatewayError('draining'))
  t.same(heard, [['the failure of a stream could not be told', bug], ['cut', undefined]])
})
