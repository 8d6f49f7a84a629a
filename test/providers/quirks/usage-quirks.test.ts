// Usage quirks, one table each: an answer or event in, a usage object of OpenAI's shape out.

import t from 'tap'
import type { JsonObject } from '../../../src/core/json.ts'
import { audioSeconds } from '../../../src/providers/quirks/audio-seconds.ts'
import { cachedTokensIn } from '../../../src/providers/quirks/cached-tokens-in.ts'
import { inTurn } from '../../../src/providers/quirks/in-turn.ts'
import type { UsageQuirk } from '../../../src/providers/quirks/quirk.ts'
import { reasoningOutsideCompletion } from '../../../src/providers/quirks/reasoning-outside-completion.ts'
import { usageInTimings } from '../../../src/providers/quirks/usage-in-timings.ts'
import { usageInXGroq } from '../../../src/providers/quirks/usage-in-x-groq.ts'

interface Row {
  says: string
  event: JsonObject
  /** Undefined: the usual place counts. */
  usage: JsonObject | undefined
}

function table (name: string, quirk: UsageQuirk, rows: readonly Row[]): void {
  for (const { says, event, usage } of rows) {
    t.test(`${name}: ${says}`, async (t) => {
      const before = JSON.stringify(event)
      t.strictSame(quirk(event), usage)
      t.equal(JSON.stringify(event), before, 'the event itself stays')
    })
  }
}

const plain = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }

table('usageInXGroq', usageInXGroq, [
  { says: 'the last chunk', event: { choices: [], x_groq: { id: 'req_1', usage: plain } }, usage: plain },
  { says: 'the first chunk has an id only', event: { x_groq: { id: 'req_1' } }, usage: undefined },
  { says: 'a plain answer', event: { usage: plain }, usage: undefined }
])

const reasoned = (completion: number, total: number): JsonObject => ({
  usage: {
    prompt_tokens: 10,
    completion_tokens: completion,
    total_tokens: total,
    completion_tokens_details: { reasoning_tokens: 100 }
  }
})

table('reasoningOutsideCompletion', reasoningOutsideCompletion, [
  {
    says: 'the total proves that reasoning was left out',
    event: reasoned(5, 115),
    usage: {
      prompt_tokens: 10,
      completion_tokens: 105,
      total_tokens: 115,
      completion_tokens_details: { reasoning_tokens: 100 }
    }
  },
  { says: 'reasoning that is inside stays inside', event: reasoned(105, 115), usage: undefined },
  { says: 'no reasoning', event: { usage: { ...plain, completion_tokens_details: { reasoning_tokens: 0 } } }, usage: undefined },
  { says: 'no total, no proof', event: { usage: { prompt_tokens: 10, completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 3 } } }, usage: undefined },
  { says: 'no usage', event: { choices: [] }, usage: undefined }
])

table('cachedTokensIn', cachedTokensIn('prompt_cache_hit_tokens'), [
  {
    says: 'moves the count to where OpenAI has it',
    event: { usage: { ...plain, prompt_cache_hit_tokens: 8, prompt_cache_miss_tokens: 2 } },
    usage: {
      ...plain, prompt_cache_hit_tokens: 8, prompt_cache_miss_tokens: 2, prompt_tokens_details: { cached_tokens: 8 }
    }
  },
  {
    says: 'other details stay',
    event: { usage: { ...plain, prompt_cache_hit_tokens: 0, prompt_tokens_details: { audio_tokens: 1 } } },
    usage: { ...plain, prompt_cache_hit_tokens: 0, prompt_tokens_details: { audio_tokens: 1, cached_tokens: 0 } }
  },
  { says: 'a count in the usual place wins', event: { usage: { ...plain, prompt_cache_hit_tokens: 8, prompt_tokens_details: { cached_tokens: 8 } } }, usage: undefined },
  { says: 'not told', event: { usage: plain }, usage: undefined }
])

table('audioSeconds', audioSeconds, [
  { says: 'heard audio', event: { usage: { ...plain, prompt_audio_seconds: 63 } }, usage: { ...plain, prompt_audio_seconds: 63, seconds: 63 } },
  { says: 'no audio', event: { usage: { ...plain, prompt_audio_seconds: null } }, usage: undefined },
  { says: 'seconds that are told already', event: { usage: { seconds: 1, prompt_audio_seconds: 2 } }, usage: undefined }
])

table('usageInTimings', usageInTimings, [
  {
    says: 'counts cache and prompt together',
    event: { choices: [], timings: { cache_n: 236, prompt_n: 1, predicted_n: 35 } },
    usage: {
      prompt_tokens: 237, completion_tokens: 35, total_tokens: 272, prompt_tokens_details: { cached_tokens: 236 }
    }
  },
  {
    says: 'a server without a cache count',
    event: { timings: { prompt_n: 7, predicted_n: 3 } },
    usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10, prompt_tokens_details: { cached_tokens: 0 } }
  },
  { says: 'a usage object wins', event: { usage: plain, timings: { prompt_n: 7, predicted_n: 3 } }, usage: undefined },
  { says: 'half a count is none', event: { timings: { prompt_n: 7 } }, usage: undefined },
  { says: 'neither', event: { choices: [] }, usage: undefined }
])

table('inTurn', inTurn(cachedTokensIn('num_cached_tokens'), audioSeconds), [
  {
    says: 'both apply to one answer',
    event: { usage: { ...plain, num_cached_tokens: 4, prompt_audio_seconds: 9 } },
    usage: {
      ...plain, num_cached_tokens: 4, prompt_audio_seconds: 9, prompt_tokens_details: { cached_tokens: 4 }, seconds: 9
    }
  },
  { says: 'the second alone', event: { usage: { ...plain, prompt_audio_seconds: 9 } }, usage: { ...plain, prompt_audio_seconds: 9, seconds: 9 } },
  { says: 'none', event: { usage: plain }, usage: undefined }
])
