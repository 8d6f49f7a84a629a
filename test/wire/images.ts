// Images of any size, as far as their headers go.

/** Width and height stand in the IHDR chunk. */
export function png (widthPx: number, heightPx: number): Buffer {
  const bytes = Buffer.alloc(33)
  bytes.write('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1')
  bytes.writeUInt32BE(widthPx, 16)
  bytes.writeUInt32BE(heightPx, 20)
  return bytes
}

/** `before`: bytes of application segments in front of the frame. */
export function jpeg (widthPx: number, heightPx: number, { before = 0, marker = 0xc0 } = {}): Buffer {
  const segments: Buffer[] = [Buffer.from([0xff, 0xd8])]
  for (let left = before; left > 0; left -= 65_000) {
    const length = Math.min(left, 65_000)
    segments.push(Buffer.from([0xff, 0xe1, length + 2 >> 8, length + 2 & 0xff]), Buffer.alloc(length, 0xff))
  }
  const sides = [heightPx, widthPx].flatMap((px) => [px >> 8, px & 0xff])
  const frame = Buffer.from([0xff, 0xff, marker, 0, 17, 8, ...sides])
  return Buffer.concat([...segments, frame, Buffer.alloc(20)])
}

export interface Gif {
  readonly screen: readonly [widthPx: number, heightPx: number]
  /** Left, top, width and height. */
  readonly picture: readonly [number, number, number, number]
  readonly hasColours?: boolean
  readonly comment?: string
}

export function gif ({ screen, picture, hasColours = false, comment }: Gif): Buffer {
  const words = (numbers: readonly number[]) => Buffer.from(Uint16Array.from(numbers).buffer)
  return Buffer.concat([
    Buffer.from('GIF89a'), words(screen), Buffer.from([hasColours ? 0x81 : 0, 0, 0]), Buffer.alloc(hasColours ? 12 : 0),
    ...comment === undefined ? [] : [Buffer.from([0x21, 0xfe, comment.length]), Buffer.from(comment), Buffer.from([0])],
    Buffer.from([0x2c]), words(picture), Buffer.alloc(10)
  ])
}

export function webp (kind: 'VP8 ' | 'VP8L' | 'VP8X', widthPx: number, heightPx: number): Buffer {
  const bytes = Buffer.alloc(40)
  bytes.write(`RIFF\0\0\0\0WEBP${kind}`, 'latin1')
  if (kind === 'VP8 ') {
    bytes.write('\x9d\x01\x2a', 23, 'latin1')
    bytes.writeUInt16LE(widthPx | 0x4000, 26) // the two bits on top ask for enlarging
    bytes.writeUInt16LE(heightPx, 28)
  } else if (kind === 'VP8L') {
    bytes.writeUInt8(0x2f, 20)
    bytes.writeUInt32LE(((widthPx - 1) | ((heightPx - 1) << 14)) >>> 0, 21)
  } else {
    bytes.writeUIntLE(widthPx - 1, 24, 3)
    bytes.writeUIntLE(heightPx - 1, 27, 3)
  }
  return bytes
}

export function wav (
  bytesOfSound: number, { format = 1, channels = 1, samplesPerSecond = 16_000, bits = 16, told = 32_000, before = '' } = {}
): Buffer {
  const head = Buffer.alloc(24)
  head.write('fmt ', 'latin1')
  head.writeUInt32LE(16, 4)
  head.writeUInt16LE(format, 8)
  head.writeUInt16LE(channels, 10)
  head.writeUInt32LE(samplesPerSecond, 12)
  head.writeUInt32LE(told, 16)
  head.writeUInt16LE(channels * bits / 8, 20)
  head.writeUInt16LE(bits, 22)
  return Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE', 'latin1'), Buffer.from(before, 'latin1'), head, Buffer.alloc(bytesOfSound)])
}
