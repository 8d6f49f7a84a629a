// Sizes and lengths from the headers of files: those of honest files, and of files made to mislead or to keep us busy.

import fc from 'fast-check'
import t from 'tap'
import { readMostMs } from '../../src/wire/audio-length.ts'
import { readImageSize } from '../../src/wire/image-size.ts'
import { gif, jpeg, png, wav, webp } from './images.ts'

const sizeOf = (file: Buffer) => readImageSize((bytes) => file.subarray(0, bytes))
const msOf = (file: Buffer) => readMostMs((bytes) => file.subarray(0, bytes), file.length)

t.test('each format tells its size', async (t) => {
  const wanted = { widthPx: 640, heightPx: 481 }
  t.same(sizeOf(png(640, 481)), wanted)
  t.same(sizeOf(jpeg(640, 481)), wanted)
  t.same(sizeOf(jpeg(640, 481, { marker: 0xc2 })), wanted, 'progressive')
  t.same(sizeOf(jpeg(640, 481, { before: 200_000 })), wanted, 'behind previews and colour profiles')
  t.same(sizeOf(gif({ screen: [640, 481], picture: [0, 0, 10, 10] })), wanted)
  t.same(sizeOf(gif({ screen: [1, 1], picture: [40, 81, 600, 400], hasColours: true, comment: 'hello' })), wanted,
    'a picture larger than its screen')
  for (const kind of ['VP8 ', 'VP8L', 'VP8X'] as const) t.same(sizeOf(webp(kind, 640, 481)), wanted, kind)
  t.same(sizeOf(webp('VP8L', 16_384, 16_384)), { widthPx: 16_384, heightPx: 16_384 })
  t.same(sizeOf(png(4_294_967_295, 1)), { widthPx: 4_294_967_295, heightPx: 1 })
})

t.test('what does not add up has no size', async (t) => {
  const cases: ReadonlyArray<readonly [name: string, file: Buffer]> = [
    ['nothing', Buffer.alloc(0)],
    ['a width of 0', png(0, 10)],
    ['a height that comes later', jpeg(10, 0)],
    ['cut off', png(10, 10).subarray(0, 20)],
    ['a frame behind all that is read', jpeg(10, 10, { before: 300_000 })],
    ['a segment without length', Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0, 0, 0xff, 0xc0])],
    ['filling without an end', Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(300_000, 0xff)])],
    ['a scan before the frame', Buffer.from([0xff, 0xd8, 0xff, 0xda, 0, 8, 1, 1, 1, 1, 1, 1])],
    ['a GIF of extensions', Buffer.concat([gif({ screen: [9, 9], picture: [0, 0, 9, 9] }).subarray(0, 13), Buffer.alloc(300_000, 0x21)])],
    ['a GIF without a picture', Buffer.concat([gif({ screen: [9, 9], picture: [0, 0, 9, 9] }).subarray(0, 13), Buffer.from(';')])],
    ['another PNG', Buffer.from(png(10, 10).toString('latin1').replace('IHDR', 'tEXt'), 'latin1')],
    ['text', Buffer.from('<svg width="10" height="10"/>')]
  ]
  for (const [name, file] of cases) t.equal(sizeOf(file), undefined, name)
})

t.test('property: no bytes whatever keep the readers busy or make them throw', async () => {
  const heads = [Buffer.alloc(0), png(1, 1), jpeg(1, 1), gif({ screen: [1, 1], picture: [0, 0, 1, 1] }), webp('VP8X', 1, 1), wav(9)]
  const anyFile = fc.tuple(fc.constantFrom(...heads), fc.nat({ max: 40 }), fc.uint8Array({ maxLength: 400 }))
    .map(([head, kept, rest]) => Buffer.concat([head.subarray(0, kept), rest]))
  fc.assert(fc.property(anyFile, (file) => {
    const size = sizeOf(file)
    const ms = msOf(file)
    return (!size || (size.widthPx > 0 && size.heightPx > 0)) && (ms === undefined || ms >= 0)
  }), { numRuns: 20_000 })
})

t.test('a wave lasts as long as its bytes at the rate of its samples', async (t) => {
  t.equal(msOf(wav(320_000 - 36)), 10_000)
  t.equal(msOf(wav(320_000 - 46, { before: 'LIST\x02\0\0\0ab' })), 10_000, 'behind other chunks')
  t.equal(msOf(wav(320_000 - 36, { told: 32_000_000 })), 10_000, 'a rate that is told too high makes it no shorter')
  t.equal(msOf(wav(320_000 - 36, { told: 16_000 })), 20_000, 'the longer one counts')
  t.equal(msOf(wav(100, { format: 2 })), undefined, 'compressed')
  t.equal(msOf(wav(100, { samplesPerSecond: 0 })), undefined)
  t.equal(msOf(Buffer.from('RIFF\0\0\0\0WAVEfmt ')), undefined)
})

t.test('MPEG audio lasts as long as its bytes at the lowest bit rate there is', async (t) => {
  t.equal(msOf(Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x00]), Buffer.alloc(9_996)])), 10_000)
  t.equal(msOf(Buffer.concat([Buffer.from('ID3'), Buffer.alloc(997)])), 1_000)
  t.equal(msOf(Buffer.from('OggS')), undefined)
})
