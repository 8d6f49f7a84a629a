// What the items of an answer have in common: they are opened, grow by pieces, and are closed, each with its events.

import type { JsonObject } from '../../core/json.ts'
import type { EventWriter } from './event-writer.ts'
import type { Piece } from './pieces.ts'

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

/** Where an item stands in its answer. */
export interface Place {
  readonly events: EventWriter
  readonly outputIndex: number
  /** Behind the prefix of an id; the same for all items of an answer. */
  readonly suffix: string
}

/** Methods that give text give whole events. */
export interface OutputItem {
  /** Whether it grows by such a piece; if not, another item begins. */
  takes (piece: Piece): boolean
  add (piece: Piece): string
  /** Nothing more belongs to it for sure, so another one may begin. */
  readonly mayEnd: boolean
  close (status: ItemStatus): string
  value (status: ItemStatus): JsonObject
}

export function itemId (prefix: string, { suffix, outputIndex }: Place): string {
  return `${prefix}_${suffix}_${outputIndex}`
}

export function itemAdded ({ events, outputIndex }: Place, item: JsonObject): string {
  return events.write('response.output_item.added', { output_index: outputIndex, item })
}

export function itemDone ({ events, outputIndex }: Place, item: JsonObject): string {
  return events.write('response.output_item.done', { output_index: outputIndex, item })
}
