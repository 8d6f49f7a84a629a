// An earlier answer as one message of a chat: its words, its calls, and what it thought.

import type { JsonObject, JsonValue } from '../../core/json.ts'
import type { Losses } from './losses.ts'
import { detailOf, redactedDetailOf } from './signature.ts'
import { textPart } from './sources.ts'
import { contentOf } from './user-turn.ts'
import { isTold, readList, readObject, readText, refuse } from './values.ts'

interface Said {
  readonly words: JsonObject[]
  readonly calls: JsonObject[]
  /** What nobody signed. */
  readonly thoughts: string[]
  readonly details: JsonObject[]
}

/** Blocks of tools that Anthropic runs itself: what they did is told in words. */
const HOSTED = /^(server_tool_use|mcp_tool_use|.+_tool_result)$/

/** @throws GatewayError `invalid_body` */
export function assistantMessage (content: JsonValue | undefined, path: string, losses: Losses): JsonObject {
  if (typeof content === 'string') return { role: 'assistant', content }
  const said: Said = { words: [], calls: [], thoughts: [], details: [] }
  readList(content, path).forEach((item, at) => {
    const place = `${path}.${at}`
    const block = readObject(item, place)
    const type = readText(block['type'], `${place}.type`)
    const read = Object.hasOwn(BLOCKS, type) ? BLOCKS[type] : HOSTED.test(type) ? readHosted : undefined
    if (!read) return refuse(`${place}.type`, `"${type.slice(0, 40)}" is no block of an assistant that is known here`)
    read(block, place, { said, losses })
  })
  const { words, calls, thoughts, details } = said
  return {
    role: 'assistant',
    content: words.length === 0 && calls.length > 0 ? null : contentOf(words),
    ...thoughts.length > 0 && { reasoning: thoughts.join('\n') },
    ...details.length > 0 && { reasoning_details: details },
    ...calls.length > 0 && { tool_calls: calls }
  }
}

interface Reading {
  readonly said: Said
  readonly losses: Losses
}

type BlockReader = (block: JsonObject, path: string, reading: Reading) => void

const BLOCKS: { readonly [type: string]: BlockReader } = {
  text (block, path, { said }) {
    said.words.push(textPart(readText(block['text'], `${path}.text`), block))
  },
  tool_use (block, path, { said, losses }) {
    said.calls.push({
      id: readText(block['id'], `${path}.id`),
      type: 'function',
      function: {
        name: readText(block['name'], `${path}.name`),
        arguments: JSON.stringify(isTold(block['input']) ? readObject(block['input'], `${path}.input`) : {})
      }
    })
    if (isTold(block['cache_control'])) losses.add('tool_use.cache_control')
  },
  thinking (block, path, { said }) {
    const words = readText(block['thinking'], `${path}.thinking`)
    const signature = isTold(block['signature']) ? readText(block['signature'], `${path}.signature`) : ''
    const detail = detailOf(words, signature)
    if (detail) said.details.push(detail)
    else if (words !== '') said.thoughts.push(words)
  },
  redacted_thinking (block, path, { said }) {
    const detail = redactedDetailOf(readText(block['data'], `${path}.data`))
    if (detail) said.details.push(detail)
  },
  /** Where a fallback took over, and what an earlier talk came to: for the model only the latter is of use. */
  fallback () {},
  compaction (block, path, { said }) {
    if (isTold(block['content'])) said.words.push(textPart(readText(block['content'], `${path}.content`)))
  }
}

function readHosted ({ type, name, input, content }: JsonObject, _path: string, { said, losses }: Reading): void {
  said.words.push(textPart(`[${String(type)} ${JSON.stringify({ name, input, content })}]`))
  losses.add(String(type))
}
