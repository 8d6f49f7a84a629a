import t from 'tap'
import { createHash } from 'node:crypto'
import { systemRandom } from '../../src/core/ids.ts'
import { digestOf, isToken, makeToken } from '../../src/keys/token.ts'

t.test('a key says whose it is and carries 256 random bits and a checksum', async (t) => {
  const { id, token } = makeToken(systemRandom)
  t.match(token, /^ab_[0-9a-zA-Z]{8}_[\w-]{43}[0-9a-zA-Z]{6}$/)
  t.equal(id, `key_${token.slice(3, 11)}`)
  t.equal(Buffer.from(token.slice(12, 55), 'base64url').length, 32)
})

t.test('the same random bytes make the same key, other ones another', async (t) => {
  const fixed = (value: number) => (bytes: Uint8Array) => { bytes.fill(value) }
  t.equal(makeToken(fixed(7)).token, makeToken(fixed(7)).token)
  t.not(makeToken(fixed(7)).token, makeToken(fixed(8)).token)
})

t.test('a thousand keys are a thousand different ones', async (t) => {
  t.equal(new Set(Array.from({ length: 1_000 }, () => makeToken(systemRandom).token)).size, 1_000)
})

t.test('one changed character anywhere breaks the checksum', async (t) => {
  const { token } = makeToken(systemRandom)
  t.ok(isToken(token))
  for (let at = 0; at < token.length; at++) {
    const other = token[at] === 'x' ? 'y' : 'x'
    t.notOk(isToken(token.slice(0, at) + other + token.slice(at + 1)), `position ${at}`)
  }
})

t.test('what only looks like a key is not one', async (t) => {
  const { token } = makeToken(systemRandom)
  for (const text of ['', 'ab_', token.slice(1), token.slice(0, -1), `${token} `, token.toUpperCase(), `sk-${token}`]) {
    t.notOk(isToken(text), JSON.stringify(text.slice(0, 12)))
  }
})

t.test('the digest is SHA-256', async (t) => {
  t.equal(digestOf('ab_test'), createHash('sha256').update('ab_test').digest('hex'))
})
