// The log line of an exchange: numbers and names, nothing a client wrote except the model it asked for.
//
// It is the one line of every request, so its JSON is written here: pino's own, which looks up serializers, redaction
// and formatters for each of 17 members, took 2.6 us of CPU, this takes 1.1. Level, time, bindings and stream stay
// pino's, and a logger that was set up to write lines in another way still does.

import pino, { type Logger } from 'pino'
import { formatUsd } from './core/money.ts'
import { inputTokens, outputTokens } from './core/usage.ts'
import type { ExchangeReport } from './exchange/report.ts'

const { symbols } = pino
const MESSAGE = 'exchange'
const INFO = 30

/** Pino's function from members, message, level and time (as a member) to a line. */
type LineOf<Members> = (members: Members, message: string, level: number, time: string) => string

/** What of a logger makes its lines: how each level begins, its bindings, and the whole line. */
interface Writer {
  readonly [symbols.lsCacheSym]: { readonly [level: number]: string }
  readonly [symbols.chindingsSym]: string
  readonly [symbols.asJsonSym]: LineOf<object>
}

/** Writes one line for each report, at level `info`. */
export function createRequestLine (log: Logger): (report: ExchangeReport) => void {
  if (!log.isLevelEnabled('info')) return () => {}
  const lineOf = createLineOf(log as unknown as Writer)
  if (!isPlain(log as unknown as Writer, lineOf)) return (report) => { log.info(membersOf(report), MESSAGE) }
  const lines = Object.create(log, { [symbols.asJsonSym]: { value: lineOf } }) as Logger
  return (report) => { lines.info(report, MESSAGE) }
}

/** Whether the logger would write the very bytes that `lineOf` writes: no redaction, no labels, no names of its own. */
function isPlain (log: Writer, lineOf: LineOf<ExchangeReport>): boolean {
  const time = ',"time":0'
  return log[symbols.asJsonSym](membersOf(PROBE), MESSAGE, INFO, time) === lineOf(PROBE, MESSAGE, INFO, time)
}

function membersOf (report: ExchangeReport) {
  return {
    id: report.id,
    ip: report.ip,
    key: report.keyId,
    task: report.task,
    stream: report.isStream,
    model: report.requestedModel,
    provider: report.provider,
    modelId: report.modelId,
    status: report.status,
    error: report.error,
    attempts: report.attempts,
    durationMs: Math.round(report.durationMs),
    firstEventMs: report.firstEventMs === undefined ? undefined : Math.round(report.firstEventMs),
    inputTokens: inputTokens(report.usage),
    outputTokens: outputTokens(report.usage),
    costUsd: report.cost === undefined ? undefined : formatUsd(report.cost),
    grade: report.grade
  }
}

/** Lines with the members of `membersOf`, in the same order. */
function createLineOf (log: Writer): LineOf<ExchangeReport> {
  return (report, message, level, time) => {
    const { firstEventMs, usage, cost } = report
    return log[symbols.lsCacheSym][level] + time + log[symbols.chindingsSym] +
      `,"id":"${report.id}","ip":"${report.ip}"` +
      named('key', report.keyId) +
      `,"task":"${report.task}","stream":${report.isStream},"model":${JSON.stringify(report.requestedModel)}` +
      named('provider', report.provider) + named('modelId', report.modelId) +
      `,"status":${report.status}` +
      named('error', report.error) +
      `,"attempts":${report.attempts},"durationMs":${Math.round(report.durationMs)}` +
      counted('firstEventMs', firstEventMs === undefined ? undefined : Math.round(firstEventMs)) +
      counted('inputTokens', inputTokens(usage)) + counted('outputTokens', outputTokens(usage)) +
      (cost === undefined ? '' : `,"costUsd":"${formatUsd(cost)}"`) +
      named('grade', report.grade) + `,"msg":"${message}"}\n`
  }
}

function named (name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${JSON.stringify(value)}`
}

function counted (name: string, value: number | undefined): string {
  return value === undefined ? '' : `,"${name}":${value}`
}

/** Every member is there, and one text that has to be escaped. */
const PROBE: ExchangeReport = {
  id: 'gen-0',
  ip: '::1',
  keyId: 'key_0',
  task: 'chat',
  isStream: false,
  requestedModel: '"',
  provider: 'p',
  modelId: 'm',
  status: 200,
  error: 'e',
  attempts: 1,
  durationMs: 1,
  firstEventMs: 1,
  usage: { input: 1, output: 1 },
  cost: 1n,
  grade: 'reported'
}
