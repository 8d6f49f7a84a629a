// Values of flags that are more than text. Commander turns what these throw into "option … argument … is invalid".

import { InvalidArgumentError } from 'commander'
import { readUsd, type NanoUsd } from '../core/money.ts'
import { STREAM_MODES, type StreamMode } from '../core/stream-mode.ts'
import { UNKNOWN_PRICE_POLICIES, type UnknownPrice } from '../core/unknown-price.ts'

const LARGEST_COUNT = 1_000_000_000
/** Columns are 64 bits wide. */
const LARGEST_NANO_USD = 2n ** 63n - 1n

/** `a,b`, and the same flag again adds more. */
export function readNames (text: string, before: readonly string[] = []): readonly string[] {
  const names = text.split(',').map((name) => name.trim()).filter((name) => name !== '')
  if (names.length === 0) throw new InvalidArgumentError('Name at least one, separated by commas.')
  return [...before, ...names]
}

/** Web origins, spelled as a browser sends them. */
export function readOrigins (text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...readNames(text).map(readOrigin)]
}

/** For a flag whose last value would win in silence. */
export function readOnce (text: string, before?: string): string {
  if (before !== undefined) throw new InvalidArgumentError(`Give it once; it was ${before} before.`)
  return text
}

/** What a key is called in lists and reports. */
export function readName (text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Give it a name, or leave the flag out.')
  return text
}

export function readCount (text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || count < 1 || count > LARGEST_COUNT) {
    throw new InvalidArgumentError(`Give a whole number from 1 to ${LARGEST_COUNT}.`)
  }
  return count
}

export function readBudget (text: string): NanoUsd {
  const nanoUsd = parseUsd(text.replace(/^\$/, ''))
  if (nanoUsd === undefined || nanoUsd > LARGEST_NANO_USD) {
    throw new InvalidArgumentError('Give US dollars from 0 to 9223372036, like 5 or 0.25, with at most nine places.')
  }
  return nanoUsd
}

export function readUnknownPrice (text: string): UnknownPrice {
  const policy = UNKNOWN_PRICE_POLICIES.find((policy) => policy === text)
  if (!policy) throw new InvalidArgumentError(`Give one of ${UNKNOWN_PRICE_POLICIES.join(', ')}.`)
  return policy
}

export function readStreamMode (text: string): StreamMode {
  const mode = STREAM_MODES.find((mode) => mode === text)
  if (!mode) throw new InvalidArgumentError(`Give one of ${STREAM_MODES.join(', ')}.`)
  return mode
}

function parseUsd (text: string): NanoUsd | undefined {
  try {
    return readUsd(text)
  } catch {
    return undefined // the sentence of the caller is the better one
  }
}

function readOrigin (text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isOrigin = url !== undefined && url.origin !== 'null' && url.href.replace(/\/$/, '') === url.origin
  if (!isOrigin) throw new InvalidArgumentError('Give origins like https://app.example or http://localhost:5173.')
  return url.origin
}
