// aibroker explain: one exchange, every backend that was considered, and what would have made it eligible.

import { systemClock } from '../core/clock.ts'
import { appliedText, billTable } from './bill-text.ts'
import { booksOptions, withBooks, type BooksFlags } from './books.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { CommandFailure } from './failure.ts'
import { plain, plainJson, table, type Column } from './plain-text.ts'
import type { Explanation } from '../routing/explain.ts'
import type { Terminal } from './terminal.ts'

type Flags = BooksFlags & JsonFlag

const left = (title: string): Column => ({ title, align: 'left' })
const right = (title: string): Column => ({ title, align: 'right' })
const CONSIDERED = [left('backend'), left('verdict'), left('because it …')]
const ATTEMPTS = [
  right('attempt'), left('provider'), left('model id'), left('credential'), left('outcome'), right('status'),
  right('first event'), right('ms'), right('cost USD'), left('grade')
]

export const define: Define = (command, terminal) => {
  booksOptions(command)
    .description('Shows why an exchange went where it went: which backends were considered, why each was refused, what ' +
      'was tried, what it cost, and what would have made another one eligible.')
    .argument('<id>', 'generation id: the X-Generation-Id of the answer')
    .addHelpText('after', examples([
      'aibroker explain gen-1795255200-0000002sabcdefGHIJ12',
      "aibroker explain gen-1795255200-0000002sabcdefGHIJ12 --json | jq '.considered[]'"
    ]))
    .action((id: string, flags: Flags) => explainExchange(id, flags, terminal))
}

async function explainExchange (id: string, flags: Flags, terminal: Terminal): Promise<void> {
  const { createReports } = await import('../ledger/sqlite/reports.ts')
  const { explain } = await import('../routing/explain.ts')
  const exchange = await withBooks(flags, terminal, 'reader', ({ sqlite }) => createReports(sqlite).exchange(id))
  if (exchange === undefined) {
    throw new CommandFailure('not_found', `no exchange ${plain(id)} in these books; ids are in the X-Generation-Id of answers`)
  }
  const explanation = explain(exchange)
  terminal.print(flags.json ? plainJson(explanation) : textOf(explanation))
}

function textOf (explanation: Explanation): string {
  const { attempts } = explanation
  const parts = [headOf(explanation), consideredOf(explanation), attemptsOf(explanation), ...attempts.map(billOf)]
  return parts.filter((part) => part !== '').join('\n\n')
}

function headOf (told: Explanation): string {
  return [
    told.summary,
    `exchange  ${told.id}`,
    `asked     ${told.requested_model} (${told.task}${told.is_stream ? ', stream' : ''}) at ${told.created_at}`,
    `came to   ${stateOf(told)}`,
    `cost      ${told.cost_usd} USD${told.unpriced_attempts > 0 ? `, ${told.unpriced_attempts} attempts unpriced` : ''}`,
    `policy    ${told.policy ?? 'not recorded'}, catalog ${told.catalog_version ?? 'not recorded'}`
  ].map(plain).join('\n')
}

function stateOf ({ status, error, created_at: createdAt, duration_ms: durationMs }: Explanation): string {
  if (status === null) return `running for ${Math.round((systemClock.nowMs() - Date.parse(createdAt)) / 1000)} s`
  const ended = `${status}${error === null ? '' : ` ${error}`}`
  return durationMs === null ? `${ended}; when it ended is not known` : `${ended} after ${durationMs} ms`
}

function consideredOf ({ considered }: Explanation): string {
  if (considered.length === 0) return ''
  const helps = considered.flatMap(({ backend, would_help: help }) => help === undefined ? [] : [`${backend}: ${help}`])
  return [
    table(CONSIDERED, considered.map(({ backend, verdict, reason, priority }) =>
      [backend, verdict, priority === undefined ? reason : `${reason}; ${priority}`])),
    ...helps.length === 0 ? [] : ['', 'What would help:', ...helps.map((line) => `  ${plain(line)}`)]
  ].join('\n')
}

function attemptsOf ({ attempts }: Explanation): string {
  if (attempts.length === 0) return ''
  return table(ATTEMPTS, attempts.map((attempt) => [
    attempt.number,
    attempt.provider,
    attempt.model_id,
    attempt.credential,
    attempt.outcome ?? 'running',
    attempt.upstream_status,
    attempt.first_event_ms,
    attempt.duration_ms,
    attempt.cost_usd,
    attempt.cost_grade
  ].map((cell) => String(cell ?? '-'))))
}

/** What the cost of an attempt is the sum of; '' where it is no sum. */
function billOf (attempt: Explanation['attempts'][number]): string {
  const { line_items: items, computed_usd: computed, markup_usd: markup } = attempt
  const applied = appliedText(attempt.price_applied)
  const notes = [
    applied === '' ? [] : `priced by: ${applied}`,
    computed === null ? [] : computedText(attempt.outcome, computed),
    markup === null ? [] : `markup on top: ${markup} USD`,
    attempt.adjustments.map(({ kind, at, difference_usd: difference, source }) =>
      `${kind} at ${at} by ${plain(source)}: ${difference} USD on top of what was booked`)
  ].flat(2)
  if (!items && notes.length === 0) return ''
  return [
    `attempt ${attempt.number}, price ${attempt.price_version ?? 'not known'}`,
    ...notes,
    ...items ? [billTable(items, attempt.cost_usd ?? '-')] : []
  ].join('\n')
}

function computedText (outcome: string | null, computed: string): string {
  if (outcome === 'orphaned' || outcome === 'released') return `what was seen of it costs ${computed} USD at the most`
  return `the provider told this cost; its price comes to ${computed} USD`
}
