// What an ask could cost at most, before it is sent; and what it will likely cost, to compare offers.
//
// DESIGN. What must hold: no usage that is consistent with the ask costs more than its ceiling (budgets hold only
// then). The bounds, by what is counted:
// - Input tokens: a token is at least one byte of the body, and chat templates add a few that no byte shows.
//   Input that lies elsewhere or is packed has no such bound: an image may be a URL of forty bytes and thousands of
//   tokens, a file an id and a whole book, a page of a PDF or a minute of silence a few bytes. For each of those the
//   model's context window is the bound, since a provider refuses more. Where all of them are images and recordings
//   and the model's way of counting those is published, that is the bound (media-formulas.ts), if it is lower; their
//   bytes are then no text.
// - Output tokens: the limit of the request, else of the model, else its window, for each text that is written: all
//   prompts of a list, and all drafts that the best is chosen from. A limit counts up to twice the window: what is
//   read and written shares one, so a provider refuses or cuts what is above it, and twice is for a catalog that is
//   behind the model. A limit of 2,000,000,000 reserves no more than that.
// - Transcribed time: 500 bytes a second is below what any accepted codec needs for speech (Opus starts at 6 kbit/s,
//   https://www.rfc-editor.org/rfc/rfc6716), and Groq bills 10 seconds at least. A file made of nothing but silence
//   can hold more time than that; no cheap bound holds for it.
// - Reranking: see rerank-bounds.ts.
// - Searches and calls of tools on the provider's side: 32 of each where the price has a cost for them. No vendor
//   documents a bound; the most that was seen is below 20 (deep research tells more, and tells its cost itself). Where
//   a request asks for them and the price has no cost, there is no bound. What they find is input, up to the window.
// - Every token is priced at the highest rate of its direction, since what it will be billed as is not known: in any
//   tier that the input may reach, in any service tier and region that the answer may name, at any time of the day
//   unless the offer's price is that of a while. A project's settings can put a request that names no service tier into
//   any of them.
// - The markup on top of all that: what is reserved is what will be taken.

import type { Model, Price } from '../catalog/catalog.ts'
import type { Envelope, Task } from '../core/ask.ts'
import type { Factor, NanoUsd, Rate } from '../core/money.ts'
import { MOST_UNITS, type UsageKind } from '../core/usage.ts'
import { withMarkup } from './markup.ts'
import { mostMediaTokens } from './media-tokens.ts'
import { sheetOf, type PriceSheet } from './price-sheet.ts'
import { variantOf, worstSheetOf } from './price-variants.ts'
import { mostSearchUnits, repeatedTokens, usualSearchUnits } from './rerank-bounds.ts'

export interface Offer {
  readonly task: Task
  readonly envelope: Envelope
  readonly model: Pick<Model, 'contextWindow' | 'maxOutputTokens'>
  /** As the provider calls the model: tells how it counts images. Undefined: not known how. */
  readonly modelId?: string | undefined
  readonly price: Price | undefined
  /** As counted, for what it is expected to cost; undefined: as many as its bytes usually are. */
  readonly inputTokens?: number | undefined
  /** Of the ceiling; undefined: 1. What offers are expected to cost is compared without. */
  readonly markup?: Factor | undefined
}

type OtherUnit = 'characters' | 'audio_ms' | 'images' | 'search_units'

interface TaskUnits {
  readonly hasOutput: boolean
  /** What the task is billed in where not in tokens. */
  readonly other: OtherUnit | undefined
}

const TASK_UNITS: { readonly [task in Task]: TaskUnits } = {
  chat: { hasOutput: true, other: undefined },
  completion: { hasOutput: true, other: undefined },
  embedding: { hasOutput: false, other: undefined },
  moderation: { hasOutput: false, other: undefined },
  speech: { hasOutput: true, other: 'characters' },
  transcription: { hasOutput: true, other: 'audio_ms' },
  image: { hasOutput: true, other: 'images' },
  rerank: { hasOutput: false, other: 'search_units' }
}

/** The window of a model whose window is not known: the largest that is common. */
export const LARGEST_WINDOW = 1_048_576
/** How far a catalog's window may be behind the model. */
const WINDOW_SLACK = 2
/** Roles, tool preambles and built-in system prompts: 70 tokens for gpt-oss, 530 for Claude with tools. */
const TEMPLATE_TOKENS = 1_024
const LEAST_BYTES_PER_SECOND = 500
const SHORTEST_AUDIO_MS = 10_000
/** A line of tokens rounds up by half a nano-dollar at the most, and there are at most 13; other lines round alone. */
const ROUNDING = 7n
const MOST_SEARCHES = 32
const MOST_TOOL_CALLS = 32

/** Whether the price has a rate for all that the task could consume; without, the cost is not known (P5). */
export function isPriced (task: Task, price: Price | undefined): boolean {
  return price !== undefined && covers(sheetOf(price), TASK_UNITS[task])
}

/** Upper bound of the cost and its markup; undefined: not known. */
export function ceilingOf (offer: Offer): NanoUsd | undefined {
  const { task, envelope, model, price, markup } = offer
  if (!price) return undefined
  const units = TASK_UNITS[task]
  if (!covers(sheetOf(price), units) || !coversExtras(sheetOf(price), offer)) return undefined
  const inputTokens = mostInput(offer)
  const sheet = worstSheetOf(price, inputTokens)
  const { rates, worstInput, worstOutput } = sheet
  let sum = mostExtras(sheet) + atMost(inputTokens, worstInput)
  if (units.hasOutput) sum += atMost(mostOutput(envelope, model), worstOutput)
  if (units.other) sum += atMost(mostOther(units.other, envelope, price), rates[units.other])
  if (sum === 0n) return sum
  return markup ? withMarkup(sum + ROUNDING, markup) : sum + ROUNDING
}

/** Upper bound of input and output tokens together; undefined: the task is counted in something else. */
export function tokensCeilingOf (offer: Omit<Offer, 'price' | 'markup'>): number | undefined {
  const { task, envelope, model } = offer
  const { hasOutput, other } = TASK_UNITS[task]
  if (other) return undefined
  return mostInput(offer) + (hasOutput ? mostOutput(envelope, model) : 0)
}

function mostOther (unit: OtherUnit, envelope: Envelope, price: Price): number {
  return Math.max(leastOf(unit, price), MOST_OTHER[unit](envelope))
}

function mostExtras ({ rates: { requests, searches, tool_calls: toolCalls } }: PriceSheet): NanoUsd {
  return atMost(1, requests) + atMost(MOST_SEARCHES, searches) + atMost(MOST_TOOL_CALLS, toolCalls)
}

function leastOf (kind: UsageKind, { terms }: Price): number {
  return terms?.least[kind] ?? 0
}

function covers (
  { units, rates, isOfExtras, worstInput, worstOutput }: PriceSheet, { hasOutput, other }: TaskUnits
): boolean {
  if (other && rates[other]) return true
  if (units.has('tokens')) return worstInput !== undefined && (!hasOutput || worstOutput !== undefined)
  return isOfExtras && rates.requests !== undefined
}

/** What is done beside writing, and asked for, has to have a rate: then so many of each are in the ceiling. */
function coversExtras ({ rates }: PriceSheet, { envelope: { extras }, modelId }: Offer): boolean {
  if (isOnline(modelId) && !rates.searches) return false
  return extras === undefined || extras.length === 0 || extras.every((kind) => rates[kind] !== undefined)
}

/** OpenRouter's spelling of a search for each request. https://openrouter.ai/docs/guides/features/web-search */
function isOnline (modelId: string | undefined): boolean {
  return modelId !== undefined && modelId.endsWith(':online')
}

function mostInput ({ task, envelope, model: { contextWindow }, modelId }: Omit<Offer, 'price' | 'markup'>): number {
  const { openInputs = 0, bodyBytes, extras } = envelope
  const inBody = bodyBytes + (task === 'chat' ? TEMPLATE_TOKENS : Math.min(MOST_UNITS, repeatedTokens(envelope)))
  const isReading = (extras !== undefined && extras.length > 0) || isOnline(modelId)
  if (openInputs === 0 && !isReading) return inBody
  const window = contextWindow ?? Math.max(bodyBytes, LARGEST_WINDOW)
  if (isReading) return Math.max(window, inBody)
  // All that is said in a chat shares one window; the inputs of the other tasks have one each.
  if (task !== 'chat') return Math.min(MOST_UNITS, inBody + openInputs * window)
  return Math.min(window, withMedia(inBody, envelope, modelId))
}

/** Text and media together; Infinity: not known. */
function withMedia (inBody: number, { media }: Envelope, modelId: string | undefined): number {
  const tokens = media && mostMediaTokens(media.inputs, modelId)
  return media && tokens !== undefined ? inBody - media.bytes + tokens : Infinity
}

function mostOutput ({ choices, drafts = choices, maxOutputTokens }: Envelope, model: Offer['model']): number {
  const each = maxOutputTokens === undefined
    ? model.maxOutputTokens ?? model.contextWindow ?? LARGEST_WINDOW
    : Math.min(maxOutputTokens, longestOutput(model))
  return Math.min(MOST_UNITS, drafts * each)
}

/** In tokens, whatever a request sets as its limit. */
export function longestOutput ({ contextWindow, maxOutputTokens = 0 }: Offer['model']): number {
  return WINDOW_SLACK * Math.max(contextWindow ?? LARGEST_WINDOW, maxOutputTokens)
}

const MOST_OTHER: { readonly [unit in OtherUnit]: (envelope: Envelope) => number } = {
  characters: ({ characters, bodyBytes }) => characters ?? bodyBytes,
  audio_ms: mostAudioMs,
  images: ({ choices }) => choices,
  search_units: mostSearchUnits
}

/** Of speech; a file of silence can hold more. */
export function mostAudioMs ({ bodyBytes }: Envelope): number {
  return Math.max(SHORTEST_AUDIO_MS, Math.ceil(bodyBytes * 1_000 / LEAST_BYTES_PER_SECOND))
}

function atMost (count: number, rate: Rate | undefined): NanoUsd {
  if (!rate || count === 0) return 0n
  return (BigInt(count) * rate.nanoUsd + rate.per - 1n) / rate.per
}

/** English text and its JSON. */
const USUAL_BYTES_PER_TOKEN = 4
const USUAL_OUTPUT_TOKENS = 500
/** Compressed speech. */
const USUAL_BYTES_PER_SECOND = 4_000

const USUAL_OTHER: { readonly [unit in OtherUnit]: (envelope: Envelope) => number } = {
  characters: MOST_OTHER.characters,
  audio_ms: ({ bodyBytes }) => bodyBytes * 1_000 / USUAL_BYTES_PER_SECOND,
  images: MOST_OTHER.images,
  search_units: usualSearchUnits
}

/**
 * The likely cost in nano-USD as a plain number: it puts offers in order and is never booked. Undefined: not known.
 * The price is that of a moment (price-of-day.ts). A number because `auto` compares hundreds of offers for each
 * request.
 */
export function expectedOf (offer: Offer): number | undefined {
  const { task, envelope, model, price, inputTokens = usualInput(envelope) } = offer
  if (!price) return undefined
  const units = TASK_UNITS[task]
  if (!covers(sheetOf(price), units)) return undefined
  const { weights } = variantOf(price, inputTokens).sheet
  const { other } = units
  const otherWeight = other && weights[other]
  const rest = weights.requests ?? 0
  if (other && otherWeight !== undefined) {
    return rest + otherWeight * Math.max(leastOf(other, price), USUAL_OTHER[other](envelope))
  }
  const input = inputTokens * inputWeight(weights)
  return units.hasOutput ? rest + input + usualOutput(envelope, model) * outputWeight(weights) : rest + input
}

function usualInput ({ bodyBytes }: Envelope): number {
  return roundBytes(bodyBytes) / USUAL_BYTES_PER_TOKEN
}

/**
 * Between two powers of two every size counts as the middle: requests of about one size are ranked alike, so that
 * their plans share a row of the ledger, and a conversation that grows stays where its prompt is cached. For sizes
 * below 2 GiB, which is more than any body limit allows.
 */
function roundBytes (bytes: number): number {
  return 1.5 * (1 << (31 - Math.clz32(Math.max(1, bytes))))
}

function usualOutput ({ choices, drafts = choices, maxOutputTokens }: Envelope, model: Offer['model']): number {
  return drafts * Math.min(USUAL_OUTPUT_TOKENS, maxOutputTokens ?? model.maxOutputTokens ?? USUAL_OUTPUT_TOKENS)
}

function inputWeight ({ input, audio_input: audio }: PriceSheet['weights']): number {
  return input ?? audio ?? 0
}

function outputWeight ({ output, audio_output: audio, image_output: image }: PriceSheet['weights']): number {
  return output ?? audio ?? image ?? 0
}
