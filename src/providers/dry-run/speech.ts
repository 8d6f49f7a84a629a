// Speech: a moment of silence, as a valid file of every format OpenAI offers.

import { events, refusal, roughTokens, type Answer, type DryRun } from './run.ts'

/** OpenAI's raw PCM: 24 kHz, 16 bit, little-endian, mono. */
const PCM_RATE = 24_000
const PCM = Buffer.alloc(PCM_RATE / 4 * 2)

/**
 * MPEG-1 layer III, 32 kbit/s, 48 kHz, mono, no CRC: 96 bytes and 24 ms a frame. Side information of zeros says that
 * no sample has any bits. ISO/IEC 11172-3, 2.4.1.
 */
const MP3_FRAME = Buffer.alloc(96)
MP3_FRAME.writeUInt32BE(0xfffb14c0)

/** ADTS, AAC-LC, 48 kHz, mono, 11 bytes and 21 ms a frame: one channel with no scale factor band. ISO/IEC 13818-7. */
const AAC_FRAME = Buffer.from('fff14c40017ffc00000007', 'hex')

/** STREAMINFO and one constant frame of 4096 samples at 48 kHz, 16 bit, mono. https://www.rfc-editor.org/rfc/rfc9639 */
const FLAC = Buffer.from(
  '664c6143' + '80000022' + '10001000' + '00000b00000b' + '0bb800f000001000' + '00'.repeat(16) +
  'fff8ca080028' + '000000' + '06bb', 'hex')

/** Three Ogg pages: OpusHead, OpusTags ("dry run"), one 20 ms packet. https://www.rfc-editor.org/rfc/rfc7845 */
const OPUS = Buffer.from(
  '4f67675300020000000000000000010000000000' + '00001c9ff5d90113' + '4f707573486561640101380180bb0000000000' +
  '4f67675300000000000000000000010000000100' + '00004cb0e4520117' + '4f70757354616773070000006472792072756e00000000' +
  '4f6767530004c003000000000000010000000200' + '00002993b0dd0103' + 'f8fffe', 'hex')

interface Sound {
  readonly contentType: string
  readonly chunks: readonly Buffer[]
}

/** https://platform.openai.com/docs/api-reference/audio/createSpeech */
const SOUNDS: { readonly [format: string]: Sound } = {
  mp3: { contentType: 'audio/mpeg', chunks: framesOf(MP3_FRAME) },
  opus: { contentType: 'audio/ogg', chunks: [OPUS] },
  aac: { contentType: 'audio/aac', chunks: framesOf(AAC_FRAME) },
  flac: { contentType: 'audio/flac', chunks: [FLAC] },
  wav: { contentType: 'audio/wav', chunks: [wavHeader(PCM.length), PCM] },
  pcm: { contentType: 'audio/pcm', chunks: [PCM] }
}

export function answerSpeech (run: DryRun): Answer {
  const format = run.request['response_format'] ?? 'mp3'
  const sound = Object.hasOwn(SOUNDS, String(format)) ? SOUNDS[String(format)] : undefined
  if (!sound) return refusal(`"response_format" must be one of ${Object.keys(SOUNDS).join(', ')}.`, 'response_format')
  return run.request['stream_format'] === 'sse' ? streamed(run, sound) : { status: 200, ...sound }
}

function streamed ({ bodyBytes, marks }: DryRun, { chunks }: Sound): Answer {
  const input = roughTokens(bodyBytes)
  const output = chunks.length
  const usage = { input_tokens: input, output_tokens: output, total_tokens: input + output, is_estimated: true }
  const deltas = chunks.map((chunk) => ({ type: 'speech.audio.delta', audio: chunk.toString('base64') }))
  return events([...deltas, { type: 'speech.audio.done', usage, ...marks }])
}

/** A quarter of a second, in two chunks. */
function framesOf (frame: Buffer): Buffer[] {
  const half = Buffer.concat(Array.from({ length: 5 }, () => frame))
  return [half, half]
}

function wavHeader (bytes: number): Buffer {
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + bytes, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16) // length of the format block
  header.writeUInt16LE(1, 20) // PCM
  header.writeUInt16LE(1, 22) // channels
  header.writeUInt32LE(PCM_RATE, 24)
  header.writeUInt32LE(PCM_RATE * 2, 28) // bytes a second
  header.writeUInt16LE(2, 32) // bytes a sample
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(bytes, 40)
  return header
}
