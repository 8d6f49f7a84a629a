// Hints for mistyped names.

import t from 'tap'
import { nearestNames } from '../../src/catalog/nearest.ts'

const NAMES = ['gpt-4o', 'gpt-4o-mini', 'gpt-4.1', 'claude-sonnet-5', 'claude-opus-5', 'input_cost', 'mistral-large']

t.test('the closest comes first', async (t) => {
  t.same(nearestNames('gpt4o', NAMES, 2), ['gpt-4o', 'gpt-4o-mini'])
  t.same(nearestNames('GPT_4O', NAMES, 1), ['gpt-4o'])
  t.same(nearestNames('inptu_cost', NAMES, 1), ['input_cost'])
  t.same(nearestNames('gpt-4o-mni', NAMES, 2), ['gpt-4o-mini', 'gpt-4o'])
  t.same(nearestNames('mistral-lrage', NAMES, 3), ['mistral-large'])
})

t.test('a part of a name finds the whole', async (t) => {
  t.same(nearestNames('sonnet', NAMES, 3), ['claude-sonnet-5'])
  t.same(nearestNames('anthropic/claude-opus-5', NAMES, 1), ['claude-opus-5'])
})

t.test('what is far from everything finds nothing', async (t) => {
  t.same(nearestNames('llama', NAMES, 3), [])
  t.same(nearestNames('', NAMES, 3), [])
  t.same(nearestNames('x'.repeat(100_000), NAMES, 3), [])
})
