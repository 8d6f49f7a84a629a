// A priority that an operator set live, beside the one of the file that it stands over: for explanations.

export interface PriorityOverride {
  readonly live: number
  readonly file: number
}

/** Policies that ask for priorities at all; a session or a talk may have gone before. */
const READING = /^(priority|best)(\+|$)/

export function readsPriority (policy: string): boolean {
  return READING.test(policy)
}

export function overrideWords ({ live, file }: PriorityOverride): string {
  return `priority ${live} (set live; file says ${file})`
}

/** As it is recorded in a plan. */
export function overrideText ({ live, file }: PriorityOverride): string {
  return `${live}/${file}`
}

/** Undefined: none, or text of another version. */
export function readOverride (text: string | undefined): PriorityOverride | undefined {
  const [, live, file] = /^(\d+)\/(\d+)$/.exec(text ?? '') ?? []
  return live === undefined || file === undefined ? undefined : { live: Number(live), file: Number(file) }
}
