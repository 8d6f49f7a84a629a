// The dry run as an upstream: takes the call a provider would get, sends nothing, and answers as a provider would.

import type { Clock } from '../../core/clock.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Upstream, UpstreamCall } from '../../exchange/upstream.ts'
import { answerFor } from './answers.ts'
import { Playback, type Recording } from './playback.ts'
import { readBody } from './request.ts'
import { marksOf, noteOf, refusal, type Answer, type DryRun, type Forward } from './run.ts'

/** One line of the event log per call whose body was read. */
export interface DryRunEvent {
  readonly kind: 'request'
  readonly path: string
  readonly ok: boolean
  readonly status: number
  readonly mode: 'dry_run'
}

export interface DryRunParts {
  readonly clock: Clock
  readonly events: { append (event: DryRunEvent): void }
  /** What a real run would call instead. Must not hold anything secret: it is shown to the client. */
  describe (call: UpstreamCall): Forward
}

/**
 * An upstream without a socket. Deterministic: the same call gives the same bytes, but for ids and `created`.
 * A call still running when it is closed fails as broken.
 */
export function createDryRunUpstream ({ clock, events, describe }: DryRunParts): Upstream {
  const running = new Set<Playback>()
  let calls = 0

  const answer = async (call: UpstreamCall, id: string): Promise<Recording> => {
    const forward = describe(call)
    const { value, bytes } = await readBody(call.headers, call.body)
    const run = value && runOf(forward, value, { id, bytes, nowMs: clock.nowMs() })
    const found = run ? answerFor(call.url.pathname, run) : refusal('The body is not a JSON object.', 'body')
    const { status, chunks } = found
    events.append({ kind: 'request', path: forward.path, ok: status < 400, status, mode: 'dry_run' })
    return { status, headers: headersOf(found, id, clock.nowMs()), chunks }
  }

  return {
    send (call, listener) {
      const playback = new Playback(listener, () => {
        running.delete(playback)
        if (!Buffer.isBuffer(call.body)) call.body.destroy() // a call that ended early reads no further
      })
      running.add(playback)
      const id = `dry-${clock.nowMs().toString(36)}-${(calls++).toString(36)}`
      answer(call, id).then(
        (recording) => { playback.play(recording) },
        (error: unknown) => { playback.fail({ kind: 'broken', reason: `the dry run broke off: ${wordsOf(error)}` }) }
      )
      return playback
    },
    async close () {
      for (const playback of running) playback.fail({ kind: 'broken', reason: 'the dry run was closed' })
    }
  }
}

function runOf (
  forward: Forward, request: JsonObject, { id, bytes, nowMs }: { id: string, bytes: number, nowMs: number }
): DryRun {
  const model = typeof request['model'] === 'string' ? request['model'] : ''
  return {
    request,
    bodyBytes: bytes,
    model,
    id,
    createdS: Math.floor(nowMs / 1000),
    note: noteOf(forward, model),
    marks: marksOf(forward, request, bytes)
  }
}

function headersOf ({ contentType, chunks }: Answer, id: string, nowMs: number): Record<string, string> {
  const length = String(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  return {
    'content-type': contentType,
    date: new Date(nowMs).toUTCString(),
    'x-request-id': `req-${id}`,
    'openai-processing-ms': '0',
    ...contentType === 'text/event-stream' ? { 'cache-control': 'no-cache' } : { 'content-length': length }
  }
}

function wordsOf (error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
