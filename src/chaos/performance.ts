// Performs the steps of a play for one request.

import { bombOf } from './bomb.ts'
import { Stage, type Cast } from './stage.ts'
import { status, type Step, type StepKind, type StepOf } from './step.ts'

/** What a caller hears that ends its messages with the assistant's own words where that is not allowed. */
const REFUSES_PREFILL = status(400, {
  message: 'This model does not support assistant message prefill. The conversation must end with a user message.',
  type: 'invalid_request_error'
})

/**
 * Until the steps are over or the caller is gone. A play that stops before the end of its answer cuts the connection.
 * @returns whether the connection can carry another request.
 */
export async function perform (steps: readonly Step[], cast: Cast): Promise<boolean> {
  const stage = new Stage(cast)
  const isRefused = cast.content.prefill === 'refuses' && cast.asked.prefix !== undefined
  for (const step of isRefused ? [REFUSES_PREFILL] : steps) {
    // The table's row is of this step's kind; the compiler cannot see that the two belong together.
    await (DOING[step.do] as (stage: Stage, step: Step) => Promise<void>)(stage, step)
    if (stage.isGone) break
  }
  return await stage.close()
}

type Doing = { readonly [Kind in StepKind]: (stage: Stage, step: StepOf<Kind>) => Promise<void> }

const DOING: Doing = {
  head: (stage, { status, headers, framing }) => stage.head(status, headers, framing),
  status: (stage, step) => stage.answerStatus(step),
  events: (stage, { count, everyMs }) => stage.pieces((sent) => sent < count, everyMs),
  tokens: (stage, { upTo, everyMs, jitterMs }) => stage.pieces(() => stage.tokensSent < upTo, everyMs, jitterMs),
  event: (stage, { value }) => stage.write(Buffer.from(stage.eventOf(value))),
  body: (stage, { bytes, times }) => again(stage, times, Buffer.from(bytes, 'latin1'), (whole) => stage.write(whole)),
  garbage: (stage, { bytes }) => stage.write(stage.random(bytes)),
  async bomb (stage, { coding, bytes }) {
    for (const piece of bombOf(coding, bytes)) await stage.writeCoded(piece)
  },
  part: (stage, { share }) => stage.writePart(share),
  raw: (stage, { bytes, times }) => again(stage, times, Buffer.from(bytes, 'latin1'), (whole) => stage.raw(whole)),
  wait: (stage, { ms, jitterMs }) => stage.wait(ms, jitterMs),
  silence: (stage) => stage.silence(),
  cut: (stage, { by }) => stage.cut(by),
  end: (stage) => stage.end(),
  async rest (stage) {
    await stage.pieces(() => true, 0)
    await stage.end()
  }
}

async function again (
  stage: Stage, times: number, bytes: Buffer, write: (bytes: Buffer) => Promise<void>
): Promise<void> {
  for (let time = 0; time < times && !stage.isGone; time++) await write(bytes)
}
