// Watches one answer on its way in: when it began, how many events it had, and whether its own end came through.

const LF = 10
/** The last three bytes of `data: [DONE]\n\n`, as one number. */
const DONE_TAIL = (93 << 16) | (LF << 8) | LF

/** A listener for `Connection`. An event of a stream ends in two line feeds, and its JSON has none of its own. */
export class StreamMeter {
  status = 0
  firstMs = 0
  isWhole = false
  #lineFeeds = 0
  #tail = 0
  #whenDone
  #whenFirst

  constructor (whenDone, whenFirst) {
    this.#whenDone = whenDone
    this.#whenFirst = whenFirst
  }

  get events () {
    return this.#lineFeeds / 2
  }

  /** True when the provider's own end came through: status 200, `[DONE]`, and the end of the body. */
  get isComplete () {
    return this.isAnswer && this.#tail === DONE_TAIL
  }

  /** True when a whole answer with status 200 came, streamed or not. */
  get isAnswer () {
    return this.isWhole && this.status === 200
  }

  onHead (status) {
    this.status = status
  }

  onBody (bytes) {
    if (this.firstMs === 0) {
      this.firstMs = performance.now()
      this.#whenFirst?.()
    }
    for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) this.#lineFeeds++
    for (let at = Math.max(0, bytes.length - 3); at < bytes.length; at++) {
      this.#tail = ((this.#tail << 8) | bytes[at]) & 0xffffff
    }
  }

  onEnd (isWhole) {
    this.isWhole = isWhole
    this.#whenDone(this.isComplete)
  }
}
