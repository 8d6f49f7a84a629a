// OpenAI's own client in front of a broker whose model `m` is served by test providers.

import type { Test } from 'tap'
import OpenAI from 'openai'
import { gateway, type GatewayOptions, type TestBackend } from '../helper.ts'
import { provider, type Answer, type TestProvider } from '../upstreams.ts'

export const MESSAGES = [{ role: 'user' as const, content: 'Hello' }]
interface Setup extends Omit<GatewayOptions, 'models'> {
  readonly answers: readonly Answer[]
  readonly backend?: Omit<TestBackend, 'url'>
  readonly base?: string
  readonly maxRetries?: number
}

/** A client whose model `m` is served by one provider for each answer, in that order. */
export async function clientOf (t: Test, { answers, backend = {}, base = '/v1', maxRetries = 0, ...options }: Setup) {
  const upstreams: TestProvider[] = []
  for (const answer of answers) upstreams.push(await provider(t, answer))
  const broker = await gateway(t, { models: { m: upstreams.map(({ url }) => ({ url, ...backend })) }, ...options })
  const client = new OpenAI({ apiKey: 'any', baseURL: broker.origin + base, maxRetries })
  return { client, broker, upstreams, upstream: upstreams[0] as TestProvider }
}
