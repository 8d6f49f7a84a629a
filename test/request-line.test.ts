// The line of an exchange, against the line that pino itself writes of the same members.

import pino, { type LoggerOptions } from 'pino'
import t from 'tap'
import type { ExchangeReport } from '../src/exchange/report.ts'
import { createRequestLine } from '../src/request-line.ts'

const whole: ExchangeReport = {
  id: 'gen-1763737000-00000a1babcdefghijkl',
  ip: '127.0.0.1',
  keyId: 'key_abcdefgh',
  task: 'chat',
  isStream: true,
  requestedModel: 'gpt-4o',
  provider: 'openai',
  modelId: 'gpt-4o-2024-08-06',
  status: 200,
  error: 'stream_cut',
  attempts: 2,
  durationMs: 1_234.567,
  firstEventMs: 98.5,
  usage: { input: 180, cache_read: 20, output: 120 },
  cost: 99_000n,
  grade: 'reported'
}

const bare: ExchangeReport = {
  ...whole,
  keyId: undefined,
  provider: undefined,
  modelId: undefined,
  error: undefined,
  firstEventMs: undefined,
  usage: {},
  cost: undefined,
  grade: undefined
}

/** What a logger with these options writes. */
function linesOf (options: LoggerOptions, write: (log: pino.Logger) => void): string[] {
  const lines: string[] = []
  write(pino({ base: null, timestamp: () => ',"time":1763737000123', ...options }, { write: (line) => { lines.push(line) } }))
  return lines
}

const lineOf = (report: ExchangeReport, options: LoggerOptions = {}) =>
  linesOf(options, (log) => { createRequestLine(log)(report) })

t.test('the members are the ones the log is read by, in this order', async (t) => {
  t.same(lineOf(whole), ['{"level":30,"time":1763737000123,"id":"gen-1763737000-00000a1babcdefghijkl",' +
    '"ip":"127.0.0.1","key":"key_abcdefgh","task":"chat","stream":true,"model":"gpt-4o","provider":"openai",' +
    '"modelId":"gpt-4o-2024-08-06","status":200,"error":"stream_cut","attempts":2,"durationMs":1235,' +
    '"firstEventMs":99,"inputTokens":200,"outputTokens":120,"costUsd":"0.000099000","grade":"reported",' +
    '"msg":"exchange"}\n'])
})

t.test('what is not known is left out', async (t) => {
  const [line = ''] = lineOf(bare)
  t.same(Object.keys(JSON.parse(line)),
    ['level', 'time', 'id', 'ip', 'task', 'stream', 'model', 'status', 'attempts', 'durationMs', 'msg'])
})

t.test('whatever a client calls its model, the line is one line of JSON, byte for byte the one of pino', async (t) => {
  // Another name for the message makes the logger one of those whose lines pino writes itself.
  const byPino = (report: ExchangeReport) =>
    lineOf(report, { messageKey: 'said' }).map((line) => line.replace('"said":"exchange"', '"msg":"exchange"'))
  for (const name of ['a"b', 'a\\b', 'a\nb', '\u0000', '\u2028', 'modèle', '模型', 'x'.repeat(256), '']) {
    const report = { ...whole, requestedModel: name, modelId: name }
    const [line = ''] = lineOf(report)
    t.equal(line.indexOf('\n'), line.length - 1)
    t.match(JSON.parse(line), { model: name, modelId: name })
    t.ok(byPino(report)[0] === line) // a message with U+2028 in it would break the report
  }
  t.same(byPino(bare), lineOf(bare))
  t.equal(JSON.parse(lineOf({ ...whole, requestedModel: '\ud800' })[0] ?? '').model, '\ud800')
})

t.test('a logger with its own way to write lines keeps it', async (t) => {
  const parsed = (options: LoggerOptions) => JSON.parse(lineOf(whole, options)[0] ?? '')
  t.equal(parsed({ redact: ['ip'] }).ip, '[Redacted]')
  t.equal(parsed({ formatters: { level: (label) => ({ level: label }) } }).level, 'info')
  t.equal(parsed({ messageKey: 'message' }).message, 'exchange')
  t.equal(parsed({ nestedKey: 'exchange' }).exchange.status, 200)
  t.equal(parsed({ serializers: { model: () => 'hidden' } }).model, 'hidden')
  t.match(parsed({ timestamp: pino.stdTimeFunctions.isoTime }).time, /^\d{4}-/)
})

t.test('bindings of the logger come first', async (t) => {
  const [line = ''] = linesOf({}, (log) => { createRequestLine(log.child({ worker: 3 }))(whole) })
  t.match(line, /^\{"level":30,"time":1763737000123,"worker":3,"id":/)
})

t.test('nothing is written when the level says so', async (t) => {
  t.same(lineOf(whole, { level: 'warn' }), [])
})
