// Connections and HTTP framing that break below the answer.

import { inTakes, play, type Play } from '../play.ts'
import { body, bomb, cut, end, head, raw, rest, status, wait } from '../step.ts'

const MIB = 1024 * 1024
const ANSWER = '{"object":"chat.completion","choices":[]}'
const UNASKED = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n{"stray":1}\n'

export const FRAMING: { readonly [name: string]: Play } = {
  'resets-on-accept': play('resets every connection as it is accepted; only as the server\'s own play', [cut('reset')],
    { begins: 'connection' }),
  'closes-reused': inTakes('closes a kept connection as the next request arrives on it',
    [{ scope: { kind: 'reused-connection' }, steps: [cut('reset')] }]),
  'answers-early': play('413 before the body was read; only as the server\'s own play',
    [status(413, {}, [['connection', 'close']]), cut('fin')], { begins: 'head' }),

  'headers-too-large': play('17 kB of headers', [head(200, [['x-large', 'x'.repeat(17 * 1024)]]), rest]),
  'headers-too-many': play('10,000 headers', [
    head(200, Array.from({ length: 10_000 }, (_, at) => [`x-${at}`, '1'] as const)), rest
  ]),
  'header-with-return': play('a bare CR inside a header\'s value', [head(200, [['x-split', 'one\rset-cookie: two']]), rest]),
  'header-with-feed': play('a bare LF inside a header\'s value', [head(200, [['x-split', 'one\nset-cookie: two']]), rest]),
  'two-lengths': play('two content-length headers that differ', [
    head(200, [['content-length', '5'], ['content-length', '41']], 'none'), body(ANSWER), end
  ]),
  'length-and-chunks': play('content-length and transfer-encoding at once', [
    head(200, [['content-length', '41'], ['transfer-encoding', 'chunked']], 'none'), raw(`29\r\n${ANSWER}\r\n0\r\n\r\n`), end
  ]),
  'length-too-short': play('more bytes than content-length says', [
    head(200, [['content-length', '5']], 'none'), body(ANSWER), end
  ]),
  'length-too-long': play('fewer bytes than content-length says', [
    head(200, [['content-length', '4100']], 'none'), body(ANSWER), cut('fin')
  ]),
  'continues-forever': play('1,000 times 100 Continue before the answer', [raw('HTTP/1.1 100 Continue\r\n\r\n', 1_000), rest]),
  'early-hints': play('103 Early Hints before the answer', [raw('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'), rest]),
  'switches-unasked': play('101 Switching Protocols that nobody asked for', [
    raw('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'), cut('fin')
  ]),
  'no-content-with-body': play('204 with a body', [head(204, [['content-length', '41']], 'none'), body(ANSWER), end]),
  'not-modified-with-body': play('304 with a body', [head(304, [['content-length', '41']], 'none'), body(ANSWER), end]),
  'no-length': play('a whole answer whose end is only the connection\'s', [head(200, [], 'close'), rest]),
  trailers: play('a whole answer with trailers behind it', [
    head(200, [['transfer-encoding', 'chunked'], ['trailer', 'x-sum']], 'none'),
    raw(`29\r\n${ANSWER}\r\n0\r\nx-sum: 1\r\n\r\n`), end
  ]),
  'not-http': play('something that is not HTTP', [raw('220 mail.example ESMTP\r\n'), cut('fin')]),
  'chunk-size-not-hex': play('a chunk whose size is not a number', [
    head(200, [['transfer-encoding', 'chunked']], 'none'), raw('zz\r\nhello\r\n'), cut('fin')
  ]),

  gzip: play('gzip although nobody asked', [rest], { content: { coding: 'gzip' } }),
  'gzip-corrupt': play('says gzip and is not', [head(200, [['content-encoding', 'gzip']]), rest]),
  'gzip-bomb': play('half a megabyte that inflates to 512 MB', [
    head(200, [['content-encoding', 'gzip']], 'chunked'), bomb('gzip', 512 * MIB), end
  ]),
  'br-bomb': play('Brotli that inflates to 128 MB', [
    head(200, [['content-encoding', 'br']], 'chunked'), bomb('br', 128 * MIB), end
  ]),
  'many-codings': play('200 content codings', [head(200, [['content-encoding', Array(200).fill('gzip').join(', ')]]), rest]),

  'stray-answer-at-once': play('a whole answer, and a second one nobody asked for in the same packet', [rest, raw(UNASKED)]),
  'stray-answer-later': play('a whole answer, and 10 ms later a second one nobody asked for', [rest, wait(10), raw(UNASKED)])
}
