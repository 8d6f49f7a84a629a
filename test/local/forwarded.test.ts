import t from 'tap'
import { createClientAddress } from '../../src/local/forwarded.ts'

t.test('without trusted proxies the header says nothing', async (t) => {
  t.equal(createClientAddress([])('203.0.113.7', '10.0.0.1'), '203.0.113.7')
})

t.test('the client is the right-most address that no trusted hop wrote for itself', async (t) => {
  const clientOf = createClientAddress(['10.0.0.0/8', '127.0.0.1', '2001:db8::/32'])
  const cases: ReadonlyArray<readonly [peer: string, header: string | undefined, client: string]> = [
    ['203.0.113.7', '198.51.100.1', '203.0.113.7'],
    ['127.0.0.1', undefined, '127.0.0.1'],
    ['127.0.0.1', '', '127.0.0.1'],
    ['127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['127.0.0.1', 'spoofed, 198.51.100.1', '198.51.100.1'],
    ['127.0.0.1', '1.2.3.4, 198.51.100.1, 10.2.3.4', '198.51.100.1'],
    ['10.9.9.9', '10.1.1.1 , 10.2.2.2', '10.1.1.1'],
    ['127.0.0.1', 'unknown', '127.0.0.1'],
    ['127.0.0.1', '198.51.100.1, _hidden, 10.0.0.2', '10.0.0.2'],
    ['127.0.0.1', '198.51.100.1:5555', '198.51.100.1'],
    ['127.0.0.1', '[2001:4860::8]:443', '2001:4860::8'],
    ['127.0.0.1', '2001:4860:0:0:0:0:0:8', '2001:4860::8'],
    ['127.0.0.1', '::ffff:198.51.100.1', '198.51.100.1'],
    ['2001:db8::5', '198.51.100.9', '198.51.100.9'],
    ['2001:db9::5', '198.51.100.9', '2001:db9::5'],
    ['127.0.0.1', ',,,', '127.0.0.1']
  ]
  for (const [peer, header, client] of cases) t.equal(clientOf(peer, header), client, `${peer} <- ${header}`)
})

t.test('a chain of hops without end is read as far as 32 of them', async (t) => {
  const clientOf = createClientAddress(['10.0.0.0/8'])
  t.equal(clientOf('10.0.0.1', `198.51.100.1,${Array(31).fill('10.0.0.2').join(',')}`), '198.51.100.1')
  t.equal(clientOf('10.0.0.1', `198.51.100.1,${Array(32).fill('10.0.0.2').join(',')}`), '10.0.0.2')
})

t.test('an entry that is neither address nor network is refused by name', async (t) => {
  for (const entry of ['proxy.lan', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/x', '::1/129', '', 'true', '1']) {
    t.throws(() => createClientAddress([entry]), { message: `AIBROKER_TRUST_PROXY: "${entry}"` }, entry)
  }
})
