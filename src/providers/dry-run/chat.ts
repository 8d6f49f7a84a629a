// Chat completions, plain and streamed, in OpenAI's shape without the nulls that strict clients refuse.

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { replyOf, type Reply } from './reply.ts'
import { countOf, events, json, piecesOf, usageOf, type Answer, type DryRun } from './run.ts'

export const MOST_CHOICES = 128

/** https://platform.openai.com/docs/api-reference/chat */
export function answerChat (run: DryRun): Answer {
  const reply = replyOf(run)
  const choices = countOf(run.request['n'], MOST_CHOICES)
  const indexes = Array.from({ length: choices }, (_, index) => index)
  const usage = usageOf(run, choices * Buffer.byteLength(reply.text))
  if (run.request['stream'] === true) return events(eventsOf(run, reply, indexes, usage))
  return json({
    ...headOf(run, 'chat.completion'),
    choices: indexes.map((index) => ({
      index, message: messageOf(run, reply, index), logprobs: null, finish_reason: finishOf(reply)
    })),
    usage,
    ...run.marks
  })
}

function headOf (run: DryRun, type: string): JsonObject {
  return {
    id: `chatcmpl-${run.id}`,
    object: type,
    created: run.createdS,
    model: run.model,
    system_fingerprint: 'fp_dry_run'
  }
}

function messageOf (run: DryRun, reply: Reply, index: number): JsonObject {
  const message = { role: 'assistant', refusal: null }
  switch (reply.kind) {
    case 'text':
      return { ...message, content: reply.text }
    case 'function_call':
      return { ...message, content: null, function_call: { name: reply.name, arguments: reply.text } }
    default:
      return { ...message, content: null, tool_calls: [toolCallOf(run, reply, index, reply.text)] }
  }
}

function toolCallOf (run: DryRun, reply: Reply & { name: string }, choice: number, text: string): JsonObject {
  const id = `call_${run.id}_${choice}`
  if (reply.kind === 'custom_tool') return { id, type: 'custom', custom: { name: reply.name, input: text } }
  return { id, type: 'function', function: { name: reply.name, arguments: text } }
}

function finishOf ({ kind }: Reply): string {
  if (kind === 'text') return 'stop'
  return kind === 'function_call' ? 'function_call' : 'tool_calls'
}

function eventsOf (run: DryRun, reply: Reply, indexes: readonly number[], usage: JsonObject): JsonObject[] {
  const head = headOf(run, 'chat.completion.chunk')
  const event = (index: number, delta: JsonObject, finish: JsonValue): JsonObject =>
    ({ ...head, choices: [{ index, delta, logprobs: null, finish_reason: finish }] })

  const deltas = [startOf(run, reply), ...piecesOf(reply.text).map((piece) => deltaOf(reply, piece))]
  const sent = deltas.flatMap((delta) => indexes.map((index) => event(index, delta(index), null)))
  const finished = indexes.map((index) => event(index, {}, finishOf(reply)))
  return markLast([...sent, ...finished], run, usage, { ...head, choices: [] })
}

/**
 * The marks go on the last event that every reader sees. The usage event carries them too: a gateway that asked for
 * it on its own keeps it from the client, so the marks may not be there alone.
 */
export function markLast (sent: JsonObject[], run: DryRun, usage: JsonObject, usageHead: JsonObject): JsonObject[] {
  const last = { ...sent.at(-1), ...run.marks }
  const wantsUsage = asObject(run.request['stream_options'])?.['include_usage'] === true
  return [...sent.slice(0, -1), last, ...wantsUsage ? [{ ...usageHead, usage, ...run.marks }] : []]
}

type Delta = (choice: number) => JsonObject

function startOf (run: DryRun, reply: Reply): Delta {
  const role = 'assistant'
  switch (reply.kind) {
    case 'text': return () => ({ role, content: '' })
    case 'function_call': return () => ({ role, function_call: { name: reply.name, arguments: '' } })
    default: return (choice) => ({ role, tool_calls: [{ index: 0, ...toolCallOf(run, reply, choice, '') }] })
  }
}

function deltaOf (reply: Reply, piece: string): Delta {
  switch (reply.kind) {
    case 'text': return () => ({ content: piece })
    case 'function_call': return () => ({ function_call: { arguments: piece } })
    case 'custom_tool': return () => ({ tool_calls: [{ index: 0, custom: { input: piece } }] })
    default: return () => ({ tool_calls: [{ index: 0, function: { arguments: piece } }] })
  }
}
