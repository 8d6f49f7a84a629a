// What the usage reports are.

import { USAGE_GROUPS } from '../../src/ledger/reports.ts'
import type { ContentDoc, ParameterDoc, RouteDoc } from '../../src/openapi/route-doc.ts'
import { usageReport, usageTable } from '../schemas/usage-report.ts'
import { oneOf, text } from '../schemas/words.ts'

const QUERY: readonly ParameterDoc[] = [
  { name: 'by', says: 'What the rows are of; addresses if it is not said.', schema: oneOf(USAGE_GROUPS, '') },
  { name: 'since', says: 'A date, a time, or how long ago: 7d, 24h.', schema: text('') },
  { name: 'until', says: 'Likewise.', schema: text('') }
]
const CSV: ContentDoc = { 'text/csv': usageTable }
const EITHER: ContentDoc = { 'application/json': usageReport, ...CSV }

const report = (summary: string, content: ContentDoc): RouteDoc => ({
  group: 'Billing',
  summary,
  more: 'A client key reads its own usage; keys of the operator, and programs of this machine without a key, read all. ' +
    'Accept: text/csv asks for CSV.',
  query: QUERY,
  answers: { 200: { says: 'The report.', content } }
})

export const USAGE_DOC = report('What was used and what it cost', EITHER)
export const USAGE_CSV_DOC = report('The same as CSV', CSV)
export const USAGE_OF_ADDRESS_DOC: RouteDoc = {
  ...report('The same for one address', EITHER),
  path: { ip: { name: 'ip', says: 'An address; with ".csv" behind it for CSV.', schema: text(''), example: '127.0.0.1' } }
}
