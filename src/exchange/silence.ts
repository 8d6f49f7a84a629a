// A deadline that passed, as the failure it is.

import type { UpstreamFailure } from './upstream.ts'
import type { Passed } from './watch.ts'

const SAYS: { readonly [phase in Passed['phase']]: (afterMs: number) => string } = {
  connect: (afterMs) => `could not be reached within ${afterMs} ms`,
  firstByte: (afterMs) => `did not answer within ${afterMs} ms`,
  firstEvent: (afterMs) => `sent no output within ${afterMs} ms`,
  between: (afterMs) => `fell silent for ${afterMs} ms`,
  total: () => 'was not done when the time for the whole request was over'
}

/** Before the connection stands nothing was sent; after it the provider may be at work. */
export function failureOfSilence ({ phase, afterMs }: Passed): UpstreamFailure {
  const reason = SAYS[phase](afterMs)
  return phase === 'connect' ? { kind: 'unreachable', reason } : { kind: 'stalled', afterMs, reason }
}
