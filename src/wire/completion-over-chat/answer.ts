// A whole answer of a chat told as text.

import { parseObject } from '../../core/json.ts'
import type { PlainAnswer } from '../format.ts'
import { lostIn, toldAsText } from './choice.ts'

/** `finished`: as a chat's client would get it. */
export function textAnswerOf (finished: Buffer): Buffer {
  const value = parseObject(finished.toString('utf8'))
  return value ? toldAsText(finished, value) : finished
}

export function lossesIn ({ value }: PlainAnswer): readonly string[] {
  return value ? lostIn(value) : []
}
