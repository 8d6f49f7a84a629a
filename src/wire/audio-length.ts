// How long a recording can be at the most, from its header and the number of its bytes.
//
// What must hold: never less than it is. So a length that the header tells is not taken, only how many bytes a second
// needs; and where that may change within the file (MP3), the least that the format allows.

/** 8 kbit/s, the lowest bit rate of MPEG audio. http://www.mp3-tech.org/programmer/frame_header.html */
const LEAST_MP3_BYTES_PER_SECOND = 1_000
const WAV_HEADER_BYTES = 4 * 1024
/** Whole numbers and floating point; the compressed kinds have no rate of their own here. */
const PLAIN_WAVES: ReadonlySet<number> = new Set([1, 3])

/**
 * In ms; undefined: not known. `take` gives so many bytes of the beginning of the file, of which all are `bytes`.
 */
export function readMostMs (take: (bytes: number) => Buffer, bytes: number): number | undefined {
  const rate = bytesPerSecondOf(take(WAV_HEADER_BYTES))
  return rate === undefined ? undefined : Math.ceil(bytes * 1_000 / rate)
}

function bytesPerSecondOf (header: Buffer): number | undefined {
  if (header.toString('latin1', 0, 4) === 'RIFF' && header.toString('latin1', 8, 12) === 'WAVE') return rateOfWave(header)
  return isMp3(header) ? LEAST_MP3_BYTES_PER_SECOND : undefined
}

/** A tag in front, or the first frame: eleven bits set. */
function isMp3 (header: Buffer): boolean {
  if (header.toString('latin1', 0, 3) === 'ID3') return true
  return header[0] === 0xff && ((header[1] ?? 0) & 0xe0) === 0xe0
}

/**
 * The lower one of the rate that is told and the rate that follows from the samples: players go by either.
 * https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html
 */
function rateOfWave (header: Buffer): number | undefined {
  const at = formatChunkOf(header)
  if (at === undefined || at + 24 > header.length || !PLAIN_WAVES.has(header.readUInt16LE(at + 8))) return undefined
  const channels = header.readUInt16LE(at + 10)
  const samplesPerSecond = header.readUInt32LE(at + 12)
  const bitsPerSample = header.readUInt16LE(at + 22)
  const rate = Math.min(header.readUInt32LE(at + 16), samplesPerSecond * channels * bitsPerSample / 8)
  return rate > 0 ? rate : undefined
}

/** Chunks stand one behind the other, each with its length. */
function formatChunkOf (header: Buffer): number | undefined {
  let at = 12
  while (at + 8 <= header.length) {
    if (header.toString('latin1', at, at + 4) === 'fmt ') return at
    const length = header.readUInt32LE(at + 4)
    at += 8 + length + length % 2
  }
  return undefined
}
