// What was judged, as a table: endpoint | status | answers | problems.

import type { Told, Verdict } from './published-document.ts'

interface Row {
  readonly endpoint: string
  readonly status: string
  answers: number
  /** The problem, and in which cases. */
  readonly problems: Map<string, Set<string>>
}

export class Tally {
  readonly #rows = new Map<string, Row>()

  /** `as`: the case. An event of a stream counts as an answer. */
  add ({ method, path, status, contentType }: Told, { isTold, problems }: Verdict, as: string): void {
    const stream = contentType.startsWith('text/event-stream') ? ' (events)' : ''
    const endpoint = `${method.toUpperCase()} ${path}${stream}`
    const shown = `${status}${isTold ? '' : ' (not told)'}`
    const row = this.#rows.get(`${endpoint} ${shown}`) ?? { endpoint, status: shown, answers: 0, problems: new Map() }
    this.#rows.set(`${endpoint} ${shown}`, row)
    row.answers++
    for (const problem of problems) row.problems.set(problem, (row.problems.get(problem) ?? new Set()).add(as))
  }

  text (): string {
    const rows = [...this.#rows.values()].sort((one, other) =>
      `${one.endpoint} ${one.status}` < `${other.endpoint} ${other.status}` ? -1 : 1)
    const lines = [['endpoint', 'status', 'answers', 'problems'], ...rows.map(({ endpoint, status, answers, problems }) =>
      [endpoint, status, String(answers), String(problems.size)])]
    const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => (line[column] ?? '').length)))
    const table = lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | '))
    const found = rows.flatMap(({ endpoint, status, problems }) => [...problems].map(([problem, cases]) =>
      `${endpoint} ${status}: ${problem}\n    ${[...cases].join('; ')}`))
    return [...table, ...found, ''].join('\n')
  }
}
