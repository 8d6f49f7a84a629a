import t from 'tap'
import { isLoopback, isLoopbackHost, isWildcardHost, networkOf, readAddress } from '../../src/core/address.ts'

t.test('every address has one spelling', async (t) => {
  const spellings: ReadonlyArray<readonly [text: string, address: string | undefined]> = [
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::FFFF:7f00:1', '127.0.0.1'],
    ['0:0:0:0:0:ffff:c0a8:0104', '192.168.1.4'],
    ['::ffff:255.255.255.255', '255.255.255.255'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::', '::'],
    ['127.1', undefined],
    ['0177.0.0.1', undefined],
    ['2130706433', undefined],
    ['256.0.0.1', undefined],
    ['localhost', undefined],
    ['[::1]', undefined],
    ['', undefined]
  ]
  for (const [text, address] of spellings) t.equal(readAddress(text), address, text)
})

t.test('an IPv6 client is counted by its /64, an IPv4 one by its address', async (t) => {
  const networks: ReadonlyArray<readonly [address: string, network: string]> = [
    ['203.0.113.7', '203.0.113.7'],
    ['unix', 'unix'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:db8::9', '2001:db8:0:0'],
    ['2001:db8::1:0:0:9', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['1::', '1:0:0:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4']
  ]
  for (const [address, network] of networks) t.equal(networkOf(address), network, address)
})

t.test('loopback is 127.0.0.0/8 and ::1, and no name that begins alike', async (t) => {
  for (const address of ['127.0.0.1', '127.255.255.254', '::1']) t.equal(isLoopback(address), true, address)
  for (const text of ['128.0.0.1', '127.0.0.1.evil.example', '127.1', '::2', 'localhost']) t.equal(isLoopback(text), false, text)
  for (const host of ['localhost', 'LOCALHOST', '[::1]', '::ffff:127.0.0.1']) t.equal(isLoopbackHost(host), true, host)
  for (const host of ['localhost.', 'app.localhost', '0.0.0.0', '::', '']) t.equal(isLoopbackHost(host), false, host)
})

t.test('the wildcard addresses stand for every address', async (t) => {
  for (const host of ['0.0.0.0', '::', '[::]', '0:0:0:0:0:0:0:0']) t.equal(isWildcardHost(host), true, host)
  for (const host of ['127.0.0.1', '0.0.0.1', 'all']) t.equal(isWildcardHost(host), false, host)
})
