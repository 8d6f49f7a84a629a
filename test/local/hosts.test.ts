import t from 'tap'
import { createHostGuard } from '../../src/local/hosts.ts'

const onLoopback = createHostGuard({ boundHost: '127.0.0.1', allowedHosts: [] })

t.test('loopback names and addresses are served on any port', async (t) => {
  for (const host of [
    'localhost', 'localhost:8791', 'LocalHost:1', '127.0.0.1', '127.0.0.1:65535', '127.8.9.10:80', '[::1]', '[::1]:8791',
    '[0:0:0:0:0:0:0:1]:8791'
  ]) t.equal(onLoopback(host), true, host)
})

t.test('nothing else is', async (t) => {
  for (const host of [
    '', 'evil.example', '127.0.0.1.evil.example', '127.0.0.1.nip.io', 'localhost.evil.example', 'evil.example:8791',
    'localhost.', '127.0.0.1.', 'app.localhost', 'app.localhost:8791', 'localhost.localdomain',
    '0.0.0.0', '[::]', '127.1', '0x7f.0.0.1', '0177.0.0.1', '2130706433', '127.0.0.01', '128.0.0.1', '192.168.1.4',
    '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::1%25lo]', '[::1', '::1', '[::1]evil.example', '[127.0.0.1]', '[]',
    'user@localhost', 'localhost@evil.example', 'evil.example#@localhost', 'localhost/evil', 'localhost?x', 'localhost#',
    'localhost\\@evil', 'localhost:', 'localhost:x', 'localhost:65536', 'localhost:000080', 'localhost:80:80', 'localhost, evil',
    ' localhost', 'localhost ', 'local host', 'localhost\t', 'localhost%00', 'ⅼocalhost', 'localhost。', '-localhost'
  ]) t.equal(onLoopback(host), false, JSON.stringify(host))
})

t.test('the bound name and listed names are served, with their port when one is listed', async (t) => {
  const isServed = createHostGuard({ boundHost: 'Broker.lan', allowedHosts: ['ai.example', 'other.example:8443', '10.0.0.9'] })
  for (const host of ['broker.lan', 'broker.lan:8791', 'AI.example:1', 'other.example:8443', '10.0.0.9:8791', 'localhost']) {
    t.equal(isServed(host), true, host)
  }
  for (const host of ['other.example', 'other.example:8444', 'x.ai.example', '10.0.0.8', 'broker.lan.']) {
    t.equal(isServed(host), false, host)
  }
})

t.test('a server bound to every address serves every address, but no unlisted name', async (t) => {
  for (const boundHost of ['0.0.0.0', '::']) {
    const isServed = createHostGuard({ boundHost, allowedHosts: [] })
    for (const host of ['192.168.1.4:8791', '10.0.0.1', '[2001:db8::1]:8791', '127.0.0.1']) t.equal(isServed(host), true, host)
    for (const host of ['evil.example', '192.168.1.4.evil.example', '192.168.1', '[::ffff:192.168.1.4]']) {
      t.equal(isServed(host), false, host)
    }
  }
})

t.test('a long hostile host does not hang the guard', async (t) => {
  const hostile = [`${'a.'.repeat(50_000)}`, `[${':'.repeat(100_000)}]`, `localhost:${'9'.repeat(100_000)}`, '-'.repeat(100_000)]
  const startedMs = performance.now()
  for (const host of hostile) t.equal(onLoopback(host), false)
  t.ok(performance.now() - startedMs < 2_000, 'a backtracking pattern would take minutes')
})
