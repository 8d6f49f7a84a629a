// A body that is too large is refused before it is there, and its client is heard out: a reset would hide the refusal.

import t, { type Test } from 'tap'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { gateway } from '../helper.ts'

const ENV = { AIBROKER_BODY_LIMIT: '1000', AIBROKER_MULTIPART_LIMIT: '1000', AIBROKER_RECORDING_LIMIT: '1000' }
const LENGTH = 400_000
const HALF = 'x'.repeat(LENGTH / 2)
const JSON_TYPE = 'application/json'
const FORM_TYPE = 'multipart/form-data; boundary=b'
const PART = '--b\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'

for (const [name, path, type, start] of [
  ['JSON', '/v1/chat/completions', JSON_TYPE, ''],
  ['a form', '/v1/audio/transcriptions', FORM_TYPE, PART]
] as const) {
  t.test(`${name} that is too large: the 413 comes first, then the rest is read, and the connection serves on`, async (t) => {
    const { origin } = await gateway(t, { env: ENV })
    const socket = await connected(t, origin)
    socket.write(headOf('POST', path, `content-type: ${type}\r\ncontent-length: ${LENGTH}\r\n`))
    socket.write(start + HALF)
    t.match(await answerOn(socket), /^HTTP\/1.1 413 /)
    socket.write('x'.repeat(LENGTH - start.length - HALF.length))
    socket.write(headOf('GET', '/health', ''))
    t.match(await answerOn(socket), /^HTTP\/1.1 200 /)
  })
}

async function connected (t: Test, origin: string): Promise<Socket> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  t.teardown(() => { socket.destroy() })
  await once(socket, 'connect')
  return socket
}

function headOf (method: string, path: string, more: string): string {
  return `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${more}\r\n`
}

/** The first piece of the next answer; a connection that ends before it fails the test. */
async function answerOn (socket: Socket): Promise<string> {
  const timeLimit = AbortSignal.timeout(10_000)
  const [piece] = await Promise.race([
    once(socket, 'data', { signal: timeLimit }),
    once(socket, 'close', { signal: timeLimit }).then(() => { throw new Error('the connection closed') })
  ]) as [Buffer]
  return piece.toString('latin1')
}
