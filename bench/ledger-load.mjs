// Writes exchanges through the ledger at a steady rate, as requests would.

const TICK_MS = 10
const MS_OPEN = 40

const intentOf = (at) => ({
  createdAtMs: Date.now(),
  tag: 'abcdefGHIJ12',
  ip: `10.0.${at % 12}.${at % 16}`,
  keyId: `key_${String(at % 20).padStart(8, '0')}`,
  task: 'chat',
  isStream: false,
  requestedModel: `model-${at % 50}`,
  plan: '{"policy":"cheapest"}'
})

const attemptOf = (at) => ({
  startedAtMs: Date.now(),
  provider: 'openai',
  model: `model-${at % 50}`,
  modelId: `model-${at % 50}-2026-08-06`,
  credentialId: 'openai#0',
  priceVersion: '0123456789abcdef',
  ceiling: 5_000_000n,
  ceilingTokens: undefined
})

const ENDED = {
  outcome: 'answered',
  upstreamStatus: 200,
  reason: undefined,
  durationMs: 40,
  firstEventMs: 20,
  upstreamId: 'chatcmpl-0123456789abcdefghijklmnopqrs',
  usage: { input: 100, output: 20 },
  cost: 450_000n,
  grade: 'reported',
  deliveredBytes: undefined
}

/** @param {import('../dist/src/ledger/ledger.js').Ledger} ledger */
export function startLoad (ledger, perSecond) {
  const beganMs = performance.now()
  const commits = []
  const running = new Set()
  let made = 0
  let settled = 0
  let isOver = false

  const one = async (at) => {
    const openedMs = performance.now()
    const exchange = await ledger.open(intentOf(at), attemptOf(at))
    commits.push(performance.now() - openedMs)
    await new Promise((resolve) => { setTimeout(resolve, MS_OPEN) })
    await ledger.settle(exchange, { status: 200, durationMs: MS_OPEN, error: undefined, attempt: ENDED })
    settled++
  }
  const tick = () => {
    if (isOver) return
    const due = Math.floor((performance.now() - beganMs) / 1_000 * perSecond)
    while (made < due) {
      const work = one(made++)
      running.add(work)
      work.finally(() => running.delete(work))
    }
    setTimeout(tick, TICK_MS)
  }
  if (perSecond > 0) tick()

  return {
    async stop () {
      isOver = true
      await Promise.all(running)
      commits.sort((a, b) => a - b)
      const seconds = (performance.now() - beganMs) / 1_000
      return { perSecond: settled / seconds, p99: commits[Math.floor(0.99 * commits.length)] ?? 0 }
    },
    /** Opens exchanges and lets nobody settle them. */
    async leaveOpen (count) {
      await Promise.all(Array.from({ length: count }, (_, at) => ledger.open(intentOf(at), attemptOf(at))))
    }
  }
}
