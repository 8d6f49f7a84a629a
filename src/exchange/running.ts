// Which exchanges run: a shutdown waits for their settlements before it closes the upstream and the books. A client's
// socket counts as closed before its exchange hears of it, so the end of the server alone does not say that.

import type { Exchange } from './ask.ts'

export interface Running {
  readonly exchange: Exchange
  /** Resolves when every exchange has ended; close the clients' connections first. */
  ended (): Promise<void>
}

export function watchRunning (exchange: Exchange): Running {
  let count = 0
  let waiting: Array<() => void> = []
  const leave = () => {
    if (--count > 0) return
    for (const wake of waiting) wake()
    waiting = []
  }

  return {
    async exchange (ask, outlet) {
      count++
      try {
        await exchange(ask, outlet)
      } finally {
        leave()
      }
    },
    async ended () {
      if (count > 0) await new Promise<void>((resolve) => { waiting.push(resolve) })
    }
  }
}
