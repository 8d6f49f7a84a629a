// Request quirks, one table each: a body in, the members that change out.

import t from 'tap'
import type { JsonObject } from '../../../src/core/json.ts'
import { anyForRequired } from '../../../src/providers/quirks/any-for-required.ts'
import { dropOpenRouterFields } from '../../../src/providers/quirks/drop-openrouter-fields.ts'
import { dropParameters } from '../../../src/providers/quirks/drop-parameters.ts'
import { effortFromReasoning } from '../../../src/providers/quirks/effort-from-reasoning.ts'
import { forModels } from '../../../src/providers/quirks/for-models.ts'
import { maxCompletionTokensOnly, maxTokensOnly } from '../../../src/providers/quirks/output-limit.ts'
import { plainMessages, plainMessagesWithReasoning } from '../../../src/providers/quirks/plain-messages.ts'
import type { RequestQuirk } from '../../../src/providers/quirks/quirk.ts'
import { renameParameter } from '../../../src/providers/quirks/rename-parameter.ts'
import { systemForDeveloper } from '../../../src/providers/quirks/system-for-developer.ts'
import { thinkingBudget } from '../../../src/providers/quirks/thinking-budget.ts'
import { usualEffort } from '../../../src/providers/quirks/told-as-chat.ts'
import { unaskedUsage } from '../../../src/providers/quirks/unasked-usage.ts'

interface Row {
  says: string
  body: JsonObject
  /** Undefined: the client's bytes go as they are. */
  changes: Record<string, unknown> | undefined
}

function table (name: string, quirk: RequestQuirk, rows: readonly Row[]): void {
  for (const { says, body, changes } of rows) {
    t.test(`${name}: ${says}`, async (t) => {
      const before = JSON.stringify(body)
      const found = quirk(body)
      t.strictSame(found, changes)
      t.strictSame(Object.keys(found ?? {}), Object.keys(changes ?? {}), 'dropped members are named')
      t.equal(JSON.stringify(body), before, 'the body itself stays')
    })
  }
}

table('dropParameters', dropParameters('logprobs', 'logit_bias'), [
  { says: 'nothing of the list, nothing changes', body: { model: 'm', n: 2 }, changes: undefined },
  { says: 'takes out what is there', body: { logprobs: true, n: 2 }, changes: { logprobs: undefined } },
  {
    says: 'a null and a false are refused by name too',
    body: { logprobs: false, logit_bias: null },
    changes: { logprobs: undefined, logit_bias: undefined }
  }
])

table('dropOpenRouterFields', dropOpenRouterFields, [
  {
    says: 'a plain OpenAI body passes',
    body: { model: 'm', messages: [], user: 'u', metadata: { provider: 'x' } },
    changes: undefined
  },
  {
    says: 'takes out what steers OpenRouter',
    body: {
      provider: { order: ['groq'] },
      models: ['a', 'b'],
      route: 'fallback',
      transforms: [],
      plugins: [{ id: 'web' }],
      preset: 'p',
      session_id: 's',
      x_aibroker: {}
    },
    changes: {
      provider: undefined,
      models: undefined,
      route: undefined,
      transforms: undefined,
      plugins: undefined,
      preset: undefined,
      session_id: undefined,
      x_aibroker: undefined
    }
  },
  { says: 'usage switch', body: { usage: { include: true } }, changes: { usage: undefined } },
  { says: 'reasoning options', body: { reasoning: { effort: 'high' } }, changes: { reasoning: undefined } },
  { says: 'a usage that is no object is the provider\'s to judge', body: { usage: true, reasoning: 'x' }, changes: undefined }
])

table('effortFromReasoning', effortFromReasoning, [
  { says: 'says the effort in OpenAI\'s word', body: { reasoning: { effort: 'low' } }, changes: { reasoning_effort: 'low' } },
  { says: 'the client\'s own word wins', body: { reasoning: { effort: 'low' }, reasoning_effort: 'high' }, changes: undefined },
  { says: 'a null is no word', body: { reasoning: { effort: 'low' }, reasoning_effort: null }, changes: { reasoning_effort: 'low' } },
  {
    says: 'a budget of tokens is the effort whose share of the output comes nearest',
    body: { reasoning: { max_tokens: 700 }, max_tokens: 1000 },
    changes: { reasoning_effort: 'high' }
  },
  { says: 'a budget without a limit', body: { reasoning: { max_tokens: 8000 } }, changes: { reasoning_effort: 'medium' } },
  { says: 'on', body: { reasoning: { enabled: true } }, changes: { reasoning_effort: 'medium' } },
  { says: 'off', body: { reasoning: { enabled: false } }, changes: { reasoning_effort: 'none' } },
  { says: 'hidden only', body: { reasoning: { exclude: true } }, changes: undefined },
  { says: 'no reasoning', body: { model: 'm' }, changes: undefined }
])

table('maxTokensOnly', maxTokensOnly, [
  { says: 'the older name passes', body: { max_tokens: 5 }, changes: undefined },
  { says: 'renames the newer', body: { max_completion_tokens: 5 }, changes: { max_completion_tokens: undefined, max_tokens: 5 } },
  {
    says: 'of two limits the one the ceiling was computed with',
    body: { max_completion_tokens: 5, max_tokens: 5000 },
    changes: { max_completion_tokens: undefined, max_tokens: 5 }
  },
  { says: 'equal limits', body: { max_completion_tokens: 5, max_tokens: 5 }, changes: { max_completion_tokens: undefined } },
  {
    says: 'a null limits nothing',
    body: { max_completion_tokens: null, max_tokens: 7 },
    changes: { max_completion_tokens: undefined }
  },
  { says: 'zero is a limit', body: { max_completion_tokens: 0 }, changes: { max_completion_tokens: undefined, max_tokens: 0 } }
])

table('maxCompletionTokensOnly', maxCompletionTokensOnly, [
  { says: 'the newer name passes', body: { max_completion_tokens: 5 }, changes: undefined },
  { says: 'renames the older', body: { max_tokens: 5 }, changes: { max_tokens: undefined, max_completion_tokens: 5 } },
  {
    says: 'of two limits the newer one stays',
    body: { max_tokens: 5000, max_completion_tokens: 5 },
    changes: { max_tokens: undefined }
  }
])

table('renameParameter', renameParameter('seed', 'random_seed'), [
  { says: 'renames', body: { seed: 42 }, changes: { seed: undefined, random_seed: 42 } },
  { says: 'zero is a seed', body: { seed: 0 }, changes: { seed: undefined, random_seed: 0 } },
  { says: 'the provider\'s own name stays as it is', body: { seed: 1, random_seed: 2 }, changes: { seed: undefined } },
  { says: 'a null is dropped', body: { seed: null }, changes: { seed: undefined } },
  { says: 'nothing to rename', body: { random_seed: 2 }, changes: undefined }
])

table('systemForDeveloper', systemForDeveloper, [
  { says: 'other roles pass', body: { messages: [{ role: 'system', content: 'a' }, { role: 'user', content: 'b' }] }, changes: undefined },
  {
    says: 'rewrites that role and nothing else',
    body: { messages: [{ role: 'developer', content: [{ type: 'text', text: 'a' }], name: 'n' }, { role: 'user', content: 'developer' }] },
    changes: { messages: [{ role: 'system', content: [{ type: 'text', text: 'a' }], name: 'n' }, { role: 'user', content: 'developer' }] }
  },
  { says: 'no messages', body: { input: 'x' }, changes: undefined },
  { says: 'messages that are none are the provider\'s to refuse', body: { messages: [1, null, 'x'] }, changes: undefined }
])

table('anyForRequired', anyForRequired, [
  { says: 'required', body: { tool_choice: 'required' }, changes: { tool_choice: 'any' } },
  { says: 'auto', body: { tool_choice: 'auto' }, changes: undefined },
  { says: 'a named function', body: { tool_choice: { type: 'function', function: { name: 'f' } } }, changes: undefined }
])

table('unaskedUsage', unaskedUsage, [
  { says: 'the client asked', body: { stream: true, stream_options: { include_usage: true } }, changes: { stream_options: undefined } },
  { says: 'the broker might ask', body: { stream: true }, changes: { stream_options: undefined } },
  { says: 'no stream', body: { stream: false }, changes: undefined }
])

table('forModels', forModels(/^grok-4/, dropParameters('stop')), [
  { says: 'a model of the pattern', body: { model: 'grok-4-fast', stop: 'x' }, changes: { stop: undefined } },
  { says: 'another model', body: { model: 'grok-3', stop: 'x' }, changes: undefined },
  { says: 'no model', body: { stop: 'x' }, changes: undefined }
])

const THINKS = (budget: number) => ({ thinking: { type: 'enabled', budget_tokens: budget } })

table('thinkingBudget', thinkingBudget, [
  { says: 'no wish, no thought', body: { max_tokens: 10_000 }, changes: undefined },
  { says: '121: high is 0.8 of the output', body: { reasoning: { effort: 'high' }, max_tokens: 10_000 }, changes: THINKS(8_000) },
  { says: '121: low is 0.2', body: { reasoning: { effort: 'low' }, max_tokens: 10_000 }, changes: THINKS(2_000) },
  {
    says: 'OpenAI\'s word means the same',
    body: { reasoning_effort: 'medium', max_completion_tokens: 10_000 },
    changes: { reasoning_effort: undefined, ...THINKS(5_000) }
  },
  { says: 'enabled is medium', body: { reasoning: { enabled: true }, max_tokens: 10_000 }, changes: THINKS(5_000) },
  { says: 'a number of tokens is one', body: { reasoning: { max_tokens: 3_000 }, max_tokens: 10_000 }, changes: THINKS(3_000) },
  { says: '121: never less than 1,024', body: { reasoning: { effort: 'low' }, max_tokens: 2_000 }, changes: THINKS(1_024) },
  { says: 'never more than 128,000', body: { reasoning: { effort: 'max' }, max_tokens: 200_000 }, changes: THINKS(128_000) },
  { says: 'always less than the output', body: { reasoning: { max_tokens: 9_000 }, max_tokens: 2_000 }, changes: THINKS(1_999) },
  { says: '121: an output that has no room for any is left as it is', body: { reasoning: { effort: 'high' }, max_tokens: 1_024 }, changes: {} },
  { says: 'none is none', body: { reasoning: { effort: 'none' }, max_tokens: 9_000 }, changes: {} },
  { says: 'switched off', body: { reasoning: { enabled: false, effort: 'high' }, max_tokens: 9_000 }, changes: {} },
  {
    says: 'sampling of the client\'s own cannot go along',
    body: { reasoning: { effort: 'high' }, max_tokens: 10_000, temperature: 0.2, top_k: 4 },
    changes: { temperature: undefined, top_k: undefined, ...THINKS(8_000) }
  },
  { says: 'not where a tool has to be called', body: { reasoning: { effort: 'high' }, max_tokens: 9_000, tool_choice: 'required' }, changes: {} },
  {
    says: 'not behind the result of a tool',
    body: { reasoning: { effort: 'high' }, max_tokens: 9_000, messages: [{ role: 'tool', content: '' }] },
    changes: {}
  },
  { says: 'the client\'s own wins', body: { reasoning: { effort: 'high' }, thinking: {}, max_tokens: 9_000 }, changes: undefined }
])

const MARK = { cache_control: { type: 'ephemeral' } }

table('plainMessages', plainMessages, [
  { says: 'plain ones stay', body: { messages: [{ role: 'user', content: 'a' }, null], tools: [{ type: 'function' }] }, changes: undefined },
  {
    says: 'texts become one, marks and reasoning go',
    body: {
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'x-anthropic-billing-header: v=1' }, { type: 'text', text: 'Be kind.', ...MARK }] },
        { role: 'user', content: [{ type: 'text', text: 'a', ...MARK }, { type: 'image_url', image_url: { url: 'u' }, ...MARK }] },
        { role: 'assistant', content: [{ type: 'text', text: 'b' }, { type: 'text', text: 'c' }], reasoning: 'r', reasoning_details: [] },
        { role: 'tool', tool_call_id: '1', content: [{ type: 'text', text: 'd' }, { type: 'text', text: 'e' }] }
      ],
      tools: [{ type: 'function', function: { name: 'f' }, ...MARK }]
    },
    changes: {
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'image_url', image_url: { url: 'u' } }] },
        { role: 'assistant', content: 'bc' },
        { role: 'tool', tool_call_id: '1', content: 'd\ne' }
      ],
      tools: [{ type: 'function', function: { name: 'f' } }]
    }
  }
])

table('plainMessagesWithReasoning', plainMessagesWithReasoning, [
  {
    says: 'what was thought stays, under another name, and answers with calls always have it',
    body: {
      messages: [
        { role: 'assistant', content: 'a', reasoning_details: [{ type: 'reasoning.text', text: 'r', signature: 's' }] },
        { role: 'assistant', content: null, tool_calls: [] },
        { role: 'assistant', content: 'b' }
      ]
    },
    changes: {
      messages: [
        { role: 'assistant', content: 'a', reasoning_content: 'r' },
        { role: 'assistant', content: null, tool_calls: [], reasoning_content: '' },
        { role: 'assistant', content: 'b' }
      ]
    }
  }
])

table('usualEffort', usualEffort, [
  { says: 'high stays', body: { reasoning_effort: 'high' }, changes: undefined },
  { says: 'more than high is high', body: { reasoning_effort: 'max' }, changes: { reasoning_effort: 'high' } },
  { says: 'none is not said', body: { reasoning_effort: 'none' }, changes: { reasoning_effort: undefined } }
])
