// Bars of cost for a terminal: as wide as it is, in characters that copy and paste as text.

import { formatUsd } from '../core/money.ts'
import { plain } from './plain-text.ts'
import type { UsageLine } from '../ledger/usage-report.ts'

export interface ChartPaper {
  /** Columns; undefined: no terminal, so 80 of them and no colours. */
  readonly width: number | undefined
  /** No colours on a terminal either. */
  readonly isPlain: boolean
}

const USUAL_WIDTH = 80
const SHORTEST_BAR = 10
/** Of the width, for names; longer ones are cut. */
const NAME_SHARE = 0.4
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']
const [COLOUR, PLAIN] = ['\u001b[36m', '\u001b[39m']
/** Bars need no exact numbers: cost in nano-USD scaled to so many steps before it becomes one. */
const STEPS = 1_000_000n

/** One line per group, in the order given. */
export function chart (lines: readonly UsageLine[], { width, isPlain }: ChartPaper): string {
  if (lines.length === 0) return 'no requests'
  const columns = width ?? USUAL_WIDTH
  const names = lines.map((line) => nameOf(line, Math.floor(columns * NAME_SHARE)))
  const { amounts, values } = amountsOf(lines)
  const [nameWidth, valueWidth] = [longest(names), longest(values)]
  const barWidth = Math.max(SHORTEST_BAR, columns - nameWidth - valueWidth - 2)
  const most = amounts.reduce((a, b) => a > b ? a : b, 1n)
  const hasColour = width !== undefined && !isPlain
  return names.map((name, at) => {
    const bar = barOf(amounts[at] ?? 0n, most, barWidth)
    const drawn = (hasColour ? `${COLOUR}${bar}${PLAIN}` : bar) + ' '.repeat(barWidth - lengthOf(bar))
    return `${name}${' '.repeat(nameWidth - lengthOf(name))} ${drawn} ${(values[at] ?? '').padStart(valueWidth)}`
  }).join('\n')
}

function amountsOf (lines: readonly UsageLine[]): { amounts: bigint[], values: string[] } {
  const isFree = lines.every(({ costNanoUsd }) => costNanoUsd === 0n)
  return {
    amounts: lines.map(({ costNanoUsd, requests }) => isFree ? BigInt(requests) : costNanoUsd),
    values: lines.map(({ costNanoUsd, requests }) => isFree ? `${requests} requests` : `${formatUsd(costNanoUsd)} USD`)
  }
}

function nameOf ({ names }: UsageLine, width: number): string {
  return cut(plain(names.map((name) => name === '' ? '-' : name).join(' ')), width)
}

function longest (texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, lengthOf(text)), 0)
}

/** Whole blocks and a part in eighths; never nothing for something. */
function barOf (amount: bigint, most: bigint, width: number): string {
  if (amount <= 0n) return ''
  const eighths = Math.max(1, Math.round(Number(amount * STEPS / most) / Number(STEPS) * width * 8))
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '')
}

function cut (text: string, width: number): string {
  const characters = [...text]
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join('')}…`
}

function lengthOf (text: string): number {
  return [...text].length
}
