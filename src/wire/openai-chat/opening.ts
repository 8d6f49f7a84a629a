// How a talk began: its first instruction and its first message stay the same while it grows, so they tell one talk
// from another where the client names none.

import { hash } from 'node:crypto'
import { asObject, type JsonBody, type JsonObject, type JsonValue } from '../../core/json.ts'

const INSTRUCTING: ReadonlySet<JsonValue | undefined> = new Set(['system', 'developer'])
/** Of each of the two: what agrees so far shares a prompt cache anyway, and hashing more costs more. */
const MOST_CHARACTERS = 4_096

/** 43 characters; undefined: nobody has said anything. */
export function openingOf ({ value: { messages } }: JsonBody): string | undefined {
  if (!Array.isArray(messages)) return undefined
  const first = messages.find((message) => !isInstruction(message))
  if (first === undefined) return undefined
  return hash('sha256', `${wordsOf(messages.find(isInstruction))}\0${wordsOf(first)}`, 'base64url')
}

/**
 * Whether an earlier answer comes with what its provider signed or encrypted: nobody else can read it.
 * https://openrouter.ai/docs/use-cases/reasoning-tokens
 */
export function isSigned ({ messages }: JsonObject): boolean {
  return Array.isArray(messages) && messages.some((message) => {
    const details = asObject(message)?.['reasoning_details']
    return Array.isArray(details) && details.some(isSealed)
  })
}

function isSealed (detail: JsonValue): boolean {
  const { signature, data } = asObject(detail) ?? {}
  return typeof signature === 'string' || typeof data === 'string'
}

function isInstruction (message: JsonValue): boolean {
  return INSTRUCTING.has(asObject(message)?.['role'])
}

function wordsOf (message: JsonValue | undefined): string {
  const content = asObject(message)?.['content']
  if (typeof content === 'string') return content.slice(0, MOST_CHARACTERS)
  if (!Array.isArray(content)) return ''
  let words = ''
  for (const part of content) {
    if (words.length >= MOST_CHARACTERS) break
    words += wordsIn(part).slice(0, MOST_CHARACTERS)
  }
  return words.slice(0, MOST_CHARACTERS)
}

function wordsIn (part: JsonValue): string {
  const { type, text, image_url: image } = asObject(part) ?? {}
  const url = asObject(image)?.['url']
  const said = [text, url].find((words) => typeof words === 'string') as string | undefined
  return said ?? String(type)
}
