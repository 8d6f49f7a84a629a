// P6 at every byte: what a reader hands out of a cut stream is whole events, and only a stream whose every choice has
// told why it ended is complete. Over HTTP, with the official client: p6-cut-never-complete and p6-cut-dialects.

import t from 'tap'
import { SHAPES, toolCalls, type Shape } from '../upstreams.ts'
import { eventsIn, read } from '../wire/streams.ts'
import { twoChoices } from './two-choices.ts'

const STREAMS: Readonly<Record<string, Shape>> = { ...SHAPES, toolCalls, twoChoices }

for (const [name, shape] of Object.entries(STREAMS)) {
  t.test(`P6 a stream (${name}) that is cut at any byte is not complete before its end`, (t) => {
    const choices = name === 'twoChoices' ? 2 : 1
    const { frames } = shape({ model: 'm', pieces: ['Good ', '🌞'], isUsageAsked: true })
    const bytes = Buffer.from(frames.join(''))
    const lastFinish = (frames.filter((frame) => /"finish_reason":"/.test(frame)).at(-1) as string).trimEnd()
    const bad: string[] = []
    let complete = 0
    for (let cut = 0; cut < bytes.length; cut++) {
      const prefix = bytes.subarray(0, cut)
      const { isComplete, out } = read([prefix], { choices })
      eventsIn(out) // throws at half an event
      if (isComplete) complete++
      if (isComplete !== out.includes('[DONE]')) bad.push(`cut at ${cut}: the sentinel and the end differ`)
      if (isComplete && !prefix.includes(lastFinish)) bad.push(`cut at ${cut}: complete`)
    }
    t.same(bad, [])
    t.ok(complete > 0 && complete < bytes.length / 2, `${complete} of ${bytes.length} are complete`)
    t.equal(read([bytes], { choices }).isComplete, true)
    t.end()
  })
}
