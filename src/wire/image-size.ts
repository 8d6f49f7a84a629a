// Width and height of an image from the first bytes of its file.
//
// What must hold: the bytes are a stranger's. Nothing is read beyond HEADER_BYTES, every loop moves on by at least one
// byte, and a header that does not add up gives no size rather than a wrong one: a size that is too small would reserve
// too little.

import type { ImageSize } from '../core/media.ts'

/** Photographs carry previews and colour profiles in front of their size: 64 KiB each. */
const HEADER_BYTES = 256 * 1024
/** All that the other formats need, and most photographs too. */
const USUAL_BYTES = 4 * 1024

/** `take` gives so many bytes of the beginning of the file, or fewer when it has no more. Undefined: not known. */
export function readImageSize (take: (bytes: number) => Buffer): ImageSize | undefined {
  return sizeIn(take(USUAL_BYTES)) ?? sizeIn(take(HEADER_BYTES))
}

function sizeIn (bytes: Buffer): ImageSize | undefined {
  try {
    const read = READERS.find(({ magic, at }) => bytes.toString('latin1', at, at + magic.length) === magic)?.read
    return read && plausible(read(bytes))
  } catch (error) {
    if (error instanceof RangeError) return undefined // the header goes on behind what was taken
    throw error
  }
}

interface FormatReader {
  readonly magic: string
  readonly at: number
  /** @throws RangeError where the bytes end before the header does. */
  readonly read: (bytes: Buffer) => ImageSize | undefined
}

const READERS: readonly FormatReader[] = [
  { magic: '\x89PNG\r\n\x1a\n', at: 0, read: readPng },
  { magic: '\xff\xd8\xff', at: 0, read: readJpeg },
  { magic: 'GIF8', at: 0, read: readGif },
  { magic: 'WEBPVP8 ', at: 8, read: readWebpLossy },
  { magic: 'WEBPVP8L', at: 8, read: readWebpLossless },
  { magic: 'WEBPVP8X', at: 8, read: readWebpExtended }
]

function plausible (size: ImageSize | undefined): ImageSize | undefined {
  return size && size.widthPx > 0 && size.heightPx > 0 ? size : undefined
}

/** https://www.w3.org/TR/png/#11IHDR */
function readPng (bytes: Buffer): ImageSize | undefined {
  if (bytes.toString('latin1', 12, 16) !== 'IHDR') return undefined
  return { widthPx: bytes.readUInt32BE(16), heightPx: bytes.readUInt32BE(20) }
}

/** Start of frame: C0 to CF, but for the tables C4, C8 and CC. https://www.w3.org/Graphics/JPEG/itu-t81.pdf (B.1.1.3) */
function isFrame (marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

/** Scan or end: the size would have come before. */
function isTooLate (marker: number): boolean {
  return marker === 0xd9 || marker === 0xda
}

/** A height of 0 comes behind the first scan: not known here. */
function readJpeg (bytes: Buffer): ImageSize | undefined {
  let at = 2
  for (;;) {
    if (bytes.readUInt8(at) !== 0xff) return undefined
    const marker = bytes.readUInt8(at + 1)
    if (marker === 0xff) { // filling
      at++
      continue
    }
    if (isTooLate(marker)) return undefined
    if (isFrame(marker)) return { heightPx: bytes.readUInt16BE(at + 5), widthPx: bytes.readUInt16BE(at + 7) }
    const length = bytes.readUInt16BE(at + 2)
    if (length < 2) return undefined
    at += 2 + length
  }
}

/**
 * The first picture may be larger than the screen that is announced for it, and decoders then take the larger one.
 * https://www.w3.org/Graphics/GIF/spec-gif89a.txt
 */
function readGif (bytes: Buffer): ImageSize | undefined {
  const at = firstPictureOf(bytes)
  if (at === undefined) return undefined
  return {
    widthPx: Math.max(bytes.readUInt16LE(6), bytes.readUInt16LE(at + 1) + bytes.readUInt16LE(at + 5)),
    heightPx: Math.max(bytes.readUInt16LE(8), bytes.readUInt16LE(at + 3) + bytes.readUInt16LE(at + 7))
  }
}

function firstPictureOf (bytes: Buffer): number | undefined {
  const flags = bytes.readUInt8(10)
  let at = 13 + ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1))
  while (bytes.readUInt8(at) === 0x21) { // an extension: blocks with their lengths, the last one of length 0
    at += 2
    while (bytes.readUInt8(at) !== 0) at += 1 + bytes.readUInt8(at)
    at++
  }
  return bytes.readUInt8(at) === 0x2c ? at : undefined
}

/** https://datatracker.ietf.org/doc/html/rfc6386#section-9.1 */
function readWebpLossy (bytes: Buffer): ImageSize | undefined {
  if (bytes.toString('latin1', 23, 26) !== '\x9d\x01\x2a') return undefined
  return { widthPx: bytes.readUInt16LE(26) & 0x3fff, heightPx: bytes.readUInt16LE(28) & 0x3fff }
}

/** https://developers.google.com/speed/webp/docs/webp_lossless_bitstream_specification#3_riff_header */
function readWebpLossless (bytes: Buffer): ImageSize | undefined {
  if (bytes.readUInt8(20) !== 0x2f) return undefined
  const bits = bytes.readUInt32LE(21)
  return { widthPx: (bits & 0x3fff) + 1, heightPx: ((bits >>> 14) & 0x3fff) + 1 }
}

/** https://developers.google.com/speed/webp/docs/riff_container#extended_file_format */
function readWebpExtended (bytes: Buffer): ImageSize | undefined {
  return { widthPx: bytes.readUIntLE(24, 3) + 1, heightPx: bytes.readUIntLE(27, 3) + 1 }
}
