// What was used and what it cost: by address, key, model, provider or day, as JSON or CSV.

import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { readAddress } from '../src/core/address.ts'
import { booksOf } from '../src/core/ask.ts'
import { readUsageQuery, type UsageQueryTexts } from '../src/ledger/usage-query.ts'
import { usageCsv, usageJson } from '../src/ledger/usage-report.ts'
import { refuseOtherParameters } from './known-parameters.ts'

interface UsageRoute {
  Params: { readonly ip: string }
  Querystring: UsageQueryTexts
}

const CSV = '.csv'
const PARAMETERS = ['by', 'since', 'until']

const billing: FastifyPluginAsync = async (fastify) => {
  const { ledger, reports, clock } = fastify.gateway

  /** `name`: the last part of the path, an address or nothing, with `.csv` or without. */
  const answer = async (request: FastifyRequest<UsageRoute>, reply: FastifyReply, name: string): Promise<string> => {
    refuseOtherParameters(request.query, PARAMETERS)
    const hasSuffix = name.endsWith(CSV)
    const ip = hasSuffix ? name.slice(0, -CSV.length) : name
    const asked = readUsageQuery(request.query, ip === '' ? undefined : readAddress(ip) ?? ip, clock.nowMs())
    await ledger.flush() // a request that was answered is in the next report
    const report = reports.usage({ ...asked, keyId: booksOf(request.principal) })
    const isCsv = hasSuffix || wantsCsv(request.headers.accept)
    reply.header('cache-control', 'no-store')
    reply.type(isCsv ? 'text/csv; charset=utf-8; header=present' : 'application/json; charset=utf-8')
    return isCsv ? usageCsv(report) : usageJson(report)
  }

  fastify.get<UsageRoute>('/billing/usage', { config: { isRated: true, doc: 'USAGE_DOC' } }, (request, reply) =>
    answer(request, reply, ''))
  fastify.get<UsageRoute>('/billing/usage.csv', { config: { isRated: true, doc: 'USAGE_CSV_DOC' } }, (request, reply) =>
    answer(request, reply, CSV))
  fastify.get<UsageRoute>('/billing/usage/:ip', { config: { isRated: true, doc: 'USAGE_OF_ADDRESS_DOC' } }, (request, reply) =>
    answer(request, reply, request.params.ip))
}

export default billing

function wantsCsv (accept: string | undefined): boolean {
  return accept !== undefined && /(^|,)\s*text\/csv\s*(;|,|$)/i.test(accept)
}
