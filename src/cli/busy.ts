// Writing beside a running broker: it has its turn between two transactions, and a refusal is tried again.

/** A running broker gets its turn between two transactions. */
const REST_MS = 5
/** A broker that writes all the time lets a command in sooner or later. */
const MOST_REFUSALS = 100

/** Makes one transaction. @throws what `write` throws; SQLITE_BUSY only after many tries. */
export async function writeBesideBroker<Result> (write: () => Result): Promise<Result> {
  for (let refusals = 0; ; refusals++) {
    try {
      return write()
    } catch (error) {
      if (refusals >= MOST_REFUSALS || (error as { code?: string }).code !== 'SQLITE_BUSY') throw error
    } finally {
      await new Promise((resolve) => { setTimeout(resolve, REST_MS) })
    }
  }
}
