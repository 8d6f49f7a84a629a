// Transcriptions in every shape OpenAI answers: the audio is measured, not heard.

import { asObject, type JsonObject } from '../../core/json.ts'
import { events, json, piecesOf, roughTokens, type Answer, type DryRun } from './run.ts'

/** 128 kbit/s, a usual rate of compressed speech; only used to invent a plausible duration. */
const ROUGH_BYTES_PER_SECOND = 16_000

interface Transcript {
  readonly run: DryRun
  readonly text: string
  readonly durationS: number
}

type Format = (transcript: Transcript) => Answer

/** https://platform.openai.com/docs/api-reference/audio/createTranscription */
const FORMATS: { readonly [format: string]: Format } = {
  json: ({ run, text, durationS }) => json({ text, usage: durationUsage(durationS), ...run.marks }),
  verbose_json: verbose,
  text: ({ text }) => plain(`${text}\n`),
  srt: ({ text, durationS }) => plain(`1\n${stamp(0, ',')} --> ${stamp(durationS, ',')}\n${text}\n\n`),
  vtt: ({ text, durationS }) => plain(`WEBVTT\n\n${stamp(0, '.')} --> ${stamp(durationS, '.')}\n${text}\n\n`)
}

export function answerTranscription (run: DryRun): Answer {
  const { stream, response_format: format } = run.request
  const durationS = Math.max(1, Math.round(audioBytes(run) / ROUGH_BYTES_PER_SECOND * 100) / 100)
  const transcript = { run, text: run.note, durationS }
  if (stream === true || stream === 'true') return streamed(transcript)
  const answer = Object.hasOwn(FORMATS, String(format)) ? FORMATS[String(format)] : undefined
  return (answer ?? FORMATS['json'] as Format)(transcript)
}

/** A form has the file; OpenRouter's JSON shape has it as base64. */
function audioBytes ({ request }: DryRun): number {
  const bytes = asObject(request['file'])?.['bytes']
  if (typeof bytes === 'number') return bytes
  const encoded = asObject(request['input_audio'])?.['data']
  return typeof encoded === 'string' ? encoded.length * 3 / 4 : 0
}

function durationUsage (durationS: number): JsonObject {
  return { type: 'duration', seconds: Math.ceil(durationS), is_estimated: true }
}

function verbose ({ run, text, durationS }: Transcript): Answer {
  const segment = {
    id: 0,
    seek: 0,
    start: 0,
    end: durationS,
    text,
    tokens: [],
    temperature: 0,
    avg_logprob: 0,
    compression_ratio: 1,
    no_speech_prob: 0
  }
  return json({
    task: 'transcribe',
    language: 'english',
    duration: durationS,
    text,
    segments: [segment],
    ...wantsWords(run) ? { words: wordsOf(text, durationS) } : {},
    usage: durationUsage(durationS),
    ...run.marks
  })
}

function wantsWords ({ request }: DryRun): boolean {
  const wanted = request['timestamp_granularities[]'] ?? request['timestamp_granularities']
  return wanted === 'word' || (Array.isArray(wanted) && wanted.includes('word'))
}

/** The words, evenly spread. */
function wordsOf (text: string, durationS: number): JsonObject[] {
  const words = piecesOf(text)
  const at = (index: number) => Math.round(index / words.length * durationS * 100) / 100
  return words.map((word, index) => ({ word: word.trim(), start: at(index), end: at(index + 1) }))
}

function streamed ({ run, text }: Transcript): Answer {
  const deltas = piecesOf(text).map((delta) => ({ type: 'transcript.text.delta', delta }))
  const input = roughTokens(audioBytes(run))
  const output = roughTokens(Buffer.byteLength(text))
  const usage = {
    type: 'tokens',
    input_tokens: input,
    input_token_details: { audio_tokens: input, text_tokens: 0 },
    output_tokens: output,
    total_tokens: input + output,
    is_estimated: true
  }
  return events([...deltas, { type: 'transcript.text.done', text, usage, ...run.marks }])
}

function plain (text: string): Answer {
  return { status: 200, contentType: 'text/plain; charset=utf-8', chunks: [Buffer.from(text)] }
}

/** `hh:mm:ss` and milliseconds after the separator: a comma in SubRip, a point in WebVTT. */
function stamp (seconds: number, separator: string): string {
  const date = new Date(Math.round(seconds * 1000)).toISOString()
  return `${date.slice(11, 19)}${separator}${date.slice(20, 23)}`
}
