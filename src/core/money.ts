// Money is integers: nano-USD as bigint, and rates as exact fractions. No binary float touches a price.

/** An amount of money in billionths of a US dollar. */
export type NanoUsd = bigint

/**
 * What `per` units of something cost. A fraction, because "USD 0.0037 per minute" counted in milliseconds has no
 * finite decimal per unit. `per` is 1_000_000 for tokens and characters, 60_000 for minutes in ms, 1 for images.
 */
export interface Rate {
  readonly nanoUsd: NanoUsd
  readonly per: bigint
}

/** An exact number without a unit, such as 1.15 or 0.5. */
export interface Factor {
  readonly numerator: bigint
  readonly denominator: bigint
}

const DECIMAL = /^(\d{1,12})(?:\.(\d{1,12}))?(?:[eE]([+-]?\d{1,2}))?$/
const NANO_DIGITS = 9

/**
 * Reads a non-negative decimal number of USD ("2.5", "0.000000014", "1e-7") exactly.
 * @throws RangeError when it is not such a number or is finer than a billionth of a nano-dollar.
 */
export function readUsd (text: string): NanoUsd {
  const { nanoUsd, per } = readFraction(text, 1n)
  if (nanoUsd % per !== 0n) throw new RangeError(`${text} is finer than a nano-dollar`)
  return nanoUsd / per
}

/**
 * Reads "USD `text` for each `per` units" exactly.
 * @throws RangeError when `text` is not a non-negative decimal number.
 */
export function readRate (text: string, per: bigint): Rate {
  return readFraction(text, per)
}

/**
 * Reads "1.15" exactly.
 * @throws RangeError when `text` is not a non-negative decimal number.
 */
export function readFactor (text: string): Factor {
  const { nanoUsd, per } = readFraction(text, 10n ** BigInt(NANO_DIGITS))
  const divisor = greatestCommonDivisor(nanoUsd, per)
  return { numerator: nanoUsd / divisor, denominator: per / divisor }
}

/** The same rate in lowest terms. */
export function reduced ({ nanoUsd, per }: Rate): Rate {
  const divisor = greatestCommonDivisor(nanoUsd, per)
  return { nanoUsd: nanoUsd / divisor, per: per / divisor }
}

export function scaled ({ nanoUsd, per }: Rate, { numerator, denominator }: Factor): Rate {
  return { nanoUsd: nanoUsd * numerator, per: per * denominator }
}

function greatestCommonDivisor (a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b]
  return a
}

function readFraction (text: string, per: bigint): Rate {
  const match = DECIMAL.exec(text.trim())
  if (!match) throw new RangeError(`"${text}" is not a non-negative decimal number`)
  const [, whole = '0', fraction = '', exponent = '0'] = match
  const shift = NANO_DIGITS - fraction.length + Number(exponent)
  const digits = BigInt(whole + fraction)
  return shift >= 0
    ? { nanoUsd: digits * 10n ** BigInt(shift), per }
    : { nanoUsd: digits, per: per * 10n ** BigInt(-shift) }
}

/** The price of `count` units, rounded half up to a whole nano-dollar. `count` must be a non-negative safe integer. */
export function priceOf (count: number, rate: Rate): NanoUsd {
  return (2n * BigInt(count) * rate.nanoUsd + rate.per) / (2n * rate.per)
}

/** "0.000250000": US dollars with nine places, the spelling used in every answer and report. */
export function formatUsd (amount: NanoUsd): string {
  const sign = amount < 0n ? '-' : ''
  const digits = (amount < 0n ? -amount : amount).toString().padStart(NANO_DIGITS + 1, '0')
  return `${sign}${digits.slice(0, -NANO_DIGITS)}.${digits.slice(-NANO_DIGITS)}`
}
