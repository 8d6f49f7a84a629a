// One keep-alive connection of the load generator: it writes prepared requests and reads answers as cheaply as it can.
//
// It understands what HTTP/1.1 servers send in practice: Content-Length or chunks without extensions and trailers.
// One request at a time; `exchange` takes it and three callbacks, so that no promise or object is made per answer.

import { connect } from 'node:net'

const HEAD_END = Buffer.from('\r\n\r\n')
const CR = 13
const LF = 10
const CRLF_BYTES = 2
const UNTIL_CLOSE = Number.MAX_SAFE_INTEGER

/**
 * @typedef {object} Listener
 * @property {(status: number) => void} [onHead]
 * @property {(bytes: Buffer) => void} [onBody] a piece of the body, without HTTP's own framing
 * @property {(isWhole: boolean) => void} onEnd exactly once per exchange; false: the connection broke before the end
 */

export class Connection {
  #port
  #socket = null
  /** @type {Listener | null} */
  #listener = null
  #read = this.#readHead
  #head = null
  #leftBytes = 0
  #skipBytes = 0
  #sizeBytes = 0
  #isChunked = false
  #isLast = false

  /** @param {number} port */
  constructor (port) {
    this.#port = port
  }

  /** @param {Buffer} request @param {Listener} listener */
  exchange (request, listener) {
    if (this.#socket === null) this.#open()
    this.#listener = listener
    this.#read = this.#readHead
    this.#socket.write(request)
  }

  close () {
    this.#listener = null
    this.#socket?.destroy()
    this.#socket = null
  }

  #open () {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true })
    socket.on('data', (bytes) => {
      let at = 0
      while (at < bytes.length && this.#listener !== null) at = this.#read(bytes, at)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = null
      this.#end(this.#leftBytes === UNTIL_CLOSE)
    })
    this.#socket = socket
  }

  #end (isWhole) {
    const listener = this.#listener
    this.#listener = null
    this.#leftBytes = 0
    listener?.onEnd(isWhole)
  }

  #readHead (bytes, at) {
    const seen = this.#head === null ? bytes : Buffer.concat([this.#head, bytes])
    const headEnd = seen.indexOf(HEAD_END, at)
    if (headEnd < 0) {
      this.#head = seen.subarray(at)
      return bytes.length
    }
    const bodyAt = headEnd + HEAD_END.length - (seen.length - bytes.length)
    this.#head = null
    this.#take(seen.latin1Slice(at, headEnd + CRLF_BYTES))
    return bodyAt
  }

  #take (head) {
    const length = /\ncontent-length: *(\d+)/i.exec(head)
    this.#isChunked = length === null && /\ntransfer-encoding: *chunked/i.test(head)
    this.#leftBytes = length !== null ? Number(length[1]) : this.#isChunked ? 0 : UNTIL_CLOSE
    this.#skipBytes = 0
    this.#sizeBytes = 0
    this.#isLast = false
    this.#read = this.#isChunked ? this.#readChunks : this.#readPlain
    this.#listener.onHead?.(Number(head.slice(9, 12)))
    if (this.#leftBytes === 0 && !this.#isChunked) this.#end(true)
  }

  #readPlain (bytes, at) {
    const end = this.#pass(bytes, at)
    if (this.#leftBytes === 0) this.#end(true)
    return end
  }

  #readChunks (bytes, at) {
    while (at < bytes.length) {
      if (this.#leftBytes > 0) at = this.#pass(bytes, at)
      else if (this.#skipBytes > 0) at = this.#skip(bytes, at)
      else this.#readSize(bytes[at++])
      if (this.#isLast && this.#skipBytes === 0) {
        this.#end(true)
        return at
      }
    }
    return at
  }

  #pass (bytes, at) {
    const end = Math.min(bytes.length, at + this.#leftBytes)
    if (this.#leftBytes !== UNTIL_CLOSE) this.#leftBytes -= end - at
    if (this.#leftBytes === 0) this.#skipBytes = CRLF_BYTES
    this.#listener.onBody?.(bytes.subarray(at, end))
    return end
  }

  #skip (bytes, at) {
    const count = Math.min(this.#skipBytes, bytes.length - at)
    this.#skipBytes -= count
    return at + count
  }

  #readSize (byte) {
    if (byte === CR) return
    if (byte !== LF) {
      this.#sizeBytes = this.#sizeBytes * 16 + hexDigit(byte)
      return
    }
    this.#leftBytes = this.#sizeBytes
    this.#sizeBytes = 0
    if (this.#leftBytes > 0) return
    this.#isLast = true
    this.#skipBytes = CRLF_BYTES
  }
}

function hexDigit (byte) {
  const digit = byte <= 57 ? byte - 48 : (byte | 32) - 87
  if (digit < 0 || digit > 15) throw new Error(`byte ${byte} in the size of an HTTP chunk`)
  return digit
}
