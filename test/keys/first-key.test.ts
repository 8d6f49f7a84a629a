import t from 'tap'
import { isPublic, makeFirstKey } from '../../src/keys/first-key.ts'
import { keyStore } from './store.ts'

const PUBLIC = { host: '0.0.0.0', isTcp: true, isOpen: false }

t.test('the first start on a public address makes one key, the second none', async (t) => {
  const keys = keyStore(t)
  const made = makeFirstKey(keys, PUBLIC)
  t.ok(made && keys.check(made.token))
  t.equal(makeFirstKey(keys, PUBLIC), undefined)
  t.equal(keys.list().length, 1)
})

t.test('nothing is made where no stranger can call, when the operator gave keys, or with --open', async (t) => {
  const keys = keyStore(t)
  for (const host of ['127.0.0.1', 'localhost', '::1', '[::1]', '127.9.9.9']) {
    t.equal(makeFirstKey(keys, { ...PUBLIC, host }), undefined, host)
  }
  t.equal(makeFirstKey(keys, { ...PUBLIC, isTcp: false }), undefined, 'sockets only')
  t.equal(makeFirstKey(keys, { ...PUBLIC, isOpen: true }), undefined, '--open')
  t.equal(keys.isRequired(), false)
  t.equal(makeFirstKey(keyStore(t, ['operator-secret']), PUBLIC), undefined, 'operator key')
})

t.test('a revoked first key is not replaced behind the operator\'s back', async (t) => {
  const keys = keyStore(t)
  const made = makeFirstKey(keys, PUBLIC)
  keys.revoke(made?.record.id ?? '')
  t.equal(makeFirstKey(keys, PUBLIC), undefined)
})

t.test('every address but loopback is public', async (t) => {
  for (const host of ['0.0.0.0', '::', '192.168.1.4', 'broker.lan', '127.0.0.1.evil.example', '1270.0.0.1']) {
    t.equal(isPublic({ host, isTcp: true }), true, host)
  }
})
