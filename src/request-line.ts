// The log line of an exchange: numbers and names, nothing a client wrote except the model it asked for.

import type { Logger } from 'pino'
import { formatUsd } from './core/money.ts'
import { inputTokens, outputTokens } from './core/usage.ts'
import type { ExchangeReport } from './exchange/report.ts'

export function createRequestLine (log: Logger): (report: ExchangeReport) => void {
  if (!log.isLevelEnabled('info')) return () => {}
  return (report) => {
    log.info({
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
    }, 'exchange')
  }
}
