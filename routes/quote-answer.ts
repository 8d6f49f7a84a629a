// The answer to "what would this do and cost?", the same from every path that asks it.

import type { FastifyReply } from 'fastify'
import type { Ask } from '../src/exchange/ask.ts'
import type { Gateway } from '../src/gateway.ts'
import { budgetJson } from '../src/ledger/budget-answer.ts'
import { quoteOf } from '../src/routing/quote.ts'

/** Nothing is sent, recorded or reserved. @throws GatewayError where the request itself would be refused. */
export async function answerQuote (ask: Ask, reply: FastifyReply, { router, counter, clock, askBudgets }: Gateway) {
  reply.header('cache-control', 'no-store')
  const texts = ask.body.kind === 'json' ? ask.wire.readTexts(ask.body.json, ask.task) : undefined
  const { keyId, ip } = ask.principal
  const plan = router.plan(ask)
  const quote = await quoteOf(plan, ask, { counter: counter.of(keyId ?? ip), texts, clock })
  return { ...quote, budgets: askBudgets(ask, plan).map(budgetJson) }
}
