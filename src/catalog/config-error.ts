// What is wrong with a configuration file, in sentences that name file, line and path; all of it, not only the first.

/** A file that cannot be used. `message` holds one mistake per line, ready to print. */
export class ConfigError extends Error {
  /** `modelsconfig.yml:42: models/gpt-4o/backends/0/input_cost: …`, in the order of the file. */
  readonly mistakes: readonly string[]

  constructor (mistakes: readonly string[], cause?: unknown) {
    super(mistakes.join('\n'), { cause })
    this.mistakes = mistakes
  }
}

/** Where something is: a line counted from 1 and a path such as `models/gpt-4o/tier`; '' for the file as a whole. */
export interface Place {
  readonly line: number
  readonly path: string
}

/** Collects mistakes and warnings while a file is read on. */
export interface Report {
  /** Undefined, so that a reader can say `return report.refuse(…)`. */
  refuse (place: Place, says: string): undefined
  warn (place: Place, says: string): undefined
  warnings (): string[]
  /** @throws ConfigError when anything was refused. */
  throwRefusals (): void
}

interface Remark {
  readonly line: number
  readonly sentence: string
}

export function createReport (fileName: string): Report {
  const mistakes: Remark[] = []
  const warnings: Remark[] = []
  const remark = ({ line, path }: Place, says: string): Remark =>
    ({ line, sentence: path === '' ? `${fileName}:${line}: ${says}` : `${fileName}:${line}: ${path}: ${says}` })

  return {
    refuse (place, says) {
      mistakes.push(remark(place, says))
      return undefined
    },
    warn (place, says) {
      warnings.push(remark(place, says))
      return undefined
    },
    warnings: () => sentencesOf(warnings),
    throwRefusals () {
      if (mistakes.length > 0) throw new ConfigError(sentencesOf(mistakes))
    }
  }
}

/** In the order of the file, each once: a parser can say the same of every open bracket. */
function sentencesOf (remarks: Remark[]): string[] {
  return [...new Set(remarks.toSorted((a, b) => a.line - b.line).map(({ sentence }) => sentence))]
}
