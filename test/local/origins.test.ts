import t from 'tap'
import { createOriginGuard, type OriginVerdict } from '../../src/local/origins.ts'

const judge = createOriginGuard({
  allowedOrigins: ['https://app.example', 'HTTP://Localhost:3000/'],
  isGranted: (origin) => origin === 'https://granted.example'
})

const CASES: ReadonlyArray<readonly [origin: string | undefined, site: string | undefined, verdict: OriginVerdict]> = [
  [undefined, undefined, 'local'],
  [undefined, 'none', 'local'],
  [undefined, 'same-origin', 'local'],
  [undefined, 'cross-site', 'refused'],
  [undefined, 'same-site', 'refused'],
  [undefined, 'anything-else', 'refused'],
  [undefined, '', 'refused'],
  ['https://app.example', 'cross-site', 'allowed'],
  ['http://localhost:3000', 'same-site', 'allowed'],
  ['http://localhost:3001', 'same-site', 'refused'],
  ['http://app.example', undefined, 'refused'],
  ['https://app.example.evil.example', undefined, 'refused'],
  ['https://app.example:443', undefined, 'refused'],
  ['https://app.example, https://evil.example', undefined, 'refused'],
  ['https://granted.example', 'cross-site', 'needs_grant'],
  ['null', undefined, 'refused'],
  ['', undefined, 'refused'],
  ['*', undefined, 'refused']
]

for (const [origin, site, verdict] of CASES) {
  t.test(`origin ${origin}, site ${site}: ${verdict}`, async (t) => { t.equal(judge({ origin, site }), verdict) })
}

t.test('"null" cannot be granted by a key either', async (t) => {
  const trusting = createOriginGuard({ allowedOrigins: [], isGranted: () => true })
  t.equal(trusting({ origin: 'null', site: undefined }), 'refused')
})

t.test('a list that would let every page in is refused at start', async (t) => {
  for (const entry of ['*', 'null', 'NULL', '*/']) {
    t.throws(() => createOriginGuard({ allowedOrigins: [entry], isGranted: () => false }), /AIBROKER_ALLOWED_ORIGINS/)
  }
})
