// A call of an answer: of a function, or of a custom tool, whose input comes as the one parameter of a function.
// https://platform.openai.com/docs/api-reference/responses-streaming/response/function_call_arguments

import { parseObject, type JsonObject } from '../../core/json.ts'
import { JsonEnd } from './json-end.ts'
import { itemAdded, itemDone, itemId, type ItemStatus, type OutputItem, type Place } from './output-item.ts'
import type { Piece, PieceOf } from './pieces.ts'
import { INPUT, type NamedTool, type ToolNames } from './tool-names.ts'
import { Words } from './words.ts'

export class CallItem implements OutputItem {
  readonly #place: Place
  readonly #names: ToolNames
  readonly #end = new JsonEnd()
  readonly #words = new Words()
  #callId: string
  #tool: NamedTool | undefined
  /** Pieces that came before its name. */
  #untold: string[] = []

  constructor (place: Place, names: ToolNames) {
    this.#place = place
    this.#names = names
    this.#callId = itemId('call', place)
  }

  get mayEnd (): boolean {
    return this.#end.isWhole
  }

  /** Which call a piece belongs to is known by its index, elsewhere. */
  takes (): boolean {
    return false
  }

  add (piece: Piece): string {
    if (piece.kind !== 'call') return ''
    this.#end.add(piece.text)
    this.#words.add(piece.text)
    if (piece.text !== '') this.#untold.push(piece.text)
    return this.#open(piece) + this.#tell()
  }

  close (status: ItemStatus): string {
    const opened = this.#open({ id: '', name: '' }, true) + this.#tell()
    const value = this.value(status)
    const done = this.#tool?.kind === 'custom'
      ? this.#write('response.custom_tool_call_input.delta', { delta: value['input'] }) +
        this.#write('response.custom_tool_call_input.done', { input: value['input'] })
      : this.#write('response.function_call_arguments.done', { name: value['name'], arguments: value['arguments'] })
    return opened + done + itemDone(this.#place, value)
  }

  value (status: ItemStatus): JsonObject {
    const { kind = 'function', name = '', namespace } = this.#tool ?? {}
    const text = status === 'in_progress' ? '' : this.#words.whole
    const named = { call_id: this.#callId, name, ...namespace !== undefined && { namespace } }
    if (kind === 'function') {
      return { type: 'function_call', id: this.#id, ...named, arguments: text, status }
    }
    return { type: 'custom_tool_call', id: this.#id, ...named, input: inputIn(text) }
  }

  get #id (): string {
    return itemId(this.#tool?.kind === 'custom' ? 'ctc' : 'fc', this.#place)
  }

  /** Only once it has a name, which decides what it is. */
  #open ({ id, name }: Pick<PieceOf<'call'>, 'id' | 'name'>, mustOpen = false): string {
    if (this.#tool) return ''
    if (id !== '') this.#callId = id
    if (name === '' && !mustOpen) return ''
    this.#tool = this.#names.find(name)
    return itemAdded(this.#place, this.value('in_progress'))
  }

  /** The input of a custom tool is inside of a JSON text, and is told when that is whole. */
  #tell (): string {
    if (!this.#tool) return ''
    const untold = this.#untold
    this.#untold = []
    if (this.#tool.kind === 'custom') return ''
    return untold.map((delta) => this.#write('response.function_call_arguments.delta', { delta })).join('')
  }

  #write (type: string, members: JsonObject): string {
    const { events, outputIndex } = this.#place
    return events.write(type, { item_id: this.#id, output_index: outputIndex, ...members })
  }
}

/** What a model wrote without heed to the parameter is taken as the input itself. */
function inputIn (text: string): string {
  const input = parseObject(text)?.[INPUT]
  return typeof input === 'string' ? input : text
}
