// A provider that costs next to nothing: raw node:net, prebuilt bytes, and a mode that the model's name chooses.
//
// The last two words of the model say what is answered, so that every gateway can be asked with the same body:
//   …-json-0       one chat.completion of 1.2 KB with usage
//   …-burst-2000   2000 events as fast as back-pressure allows
//   …-paced-40     40 events, 20 a second
//   …-first-20     five events, the first of them after 20 ms
//   …-held-2000    one event at once, then one every 2000 ms, until the parent process sends 'finish'
// Any other model is refused with 400, any body without Content-Length with 411.

import { createServer } from 'node:net'
import { argv } from 'node:process'

import { EVENT_BYTES, FINISH, FIRST, DONE, EVENT, USAGE, completion, httpChunk } from './answers.mjs'

const HEAD_END = Buffer.from('\r\n\r\n')
const STREAM_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n' +
  'cache-control: no-cache\r\nx-request-id: req_0123456789abcdef\r\ntransfer-encoding: chunked\r\n\r\n'
const LAST_CHUNK = '0\r\n\r\n'
const PACE_MS = 50

/** Events written at once in a burst: together just below the 16 KiB high-water mark of a socket. */
const EVENTS_PER_WRITE = Math.floor(16_000 / EVENT_BYTES)

const JSON_ANSWER = plainAnswer(200, completion)
const NO_LENGTH = plainAnswer(411, { error: { message: 'the bench provider needs Content-Length', type: 'bench' } })
const NO_MODE = plainAnswer(400, { error: { message: 'the model names no mode of the bench provider', type: 'bench' } })

const event = httpChunk(EVENT)
const eventsOfOneWrite = Buffer.concat(Array.from({ length: EVENTS_PER_WRITE }, () => event))
const opening = Buffer.concat([Buffer.from(STREAM_HEAD), httpChunk(FIRST)])
/** A role alone is no output yet: a gateway may wait for the first word, so that it can still ask somebody else. */
const firstWords = Buffer.concat([opening, event])
const ending = Buffer.concat([httpChunk(FINISH), httpChunk(DONE), Buffer.from(LAST_CHUNK)])
const endingWithUsage =
  Buffer.concat([httpChunk(FINISH), httpChunk(USAGE), httpChunk(DONE), Buffer.from(LAST_CHUNK)])

/** Streams that stay open until they are told to finish. */
const held = new Set()
let phase = 0

const MODES = { json: answerJson, burst: answerBurst, paced: answerPaced, first: answerFirst, held: answerHeld }

createServer({ noDelay: true }, serve).listen({ port: Number(argv[2] ?? 0), host: '127.0.0.1', backlog: 4096 }, function () {
  process.send?.({ port: this.address().port })
})
process.on('message', (message) => { if (message === 'finish') for (const finish of [...held]) finish() })
process.on('disconnect', () => process.exit(0))

/** @param {import('node:net').Socket} socket */
function serve (socket) {
  let rest = null
  socket.on('data', (bytes) => {
    rest = rest === null ? bytes : Buffer.concat([rest, bytes])
    rest = readRequests(socket, rest)
  })
  socket.on('error', () => {})
}

/** Answers every whole request in `bytes`; returns what is left, or null. */
function readRequests (socket, bytes) {
  const headEnd = bytes.indexOf(HEAD_END)
  if (headEnd < 0) return bytes
  const length = /\ncontent-length: *(\d+)/i.exec(bytes.latin1Slice(0, headEnd))
  if (length === null) return refuse(socket, NO_LENGTH)
  const bodyStart = headEnd + HEAD_END.length
  const end = bodyStart + Number(length[1])
  if (bytes.length < end) return bytes
  answer(socket, bytes.latin1Slice(bodyStart, end))
  return bytes.length === end ? null : readRequests(socket, bytes.subarray(end))
}

function refuse (socket, response) {
  socket.end(response)
  return null
}

function answer (socket, body) {
  const model = /"model": ?"[^"]*?(\w+)-(\d+)"/.exec(body)
  const mode = model === null ? undefined : MODES[model[1]]
  if (mode === undefined) return refuse(socket, NO_MODE)
  mode(socket, Number(model[2]), body.includes('"include_usage":true') ? endingWithUsage : ending)
}

function answerJson (socket) {
  socket.write(JSON_ANSWER)
}

function answerBurst (socket, events, end) {
  let left = events
  socket.write(opening)
  const more = () => {
    while (left > 0 && !socket.destroyed) {
      const count = Math.min(left, EVENTS_PER_WRITE)
      left -= count
      if (!socket.write(eventsOfOneWrite.subarray(0, count * event.length))) return socket.once('drain', more)
    }
    socket.write(end)
  }
  more()
}

function answerPaced (socket, events, end) {
  let left = events
  socket.write(opening)
  // Each stream ticks in its own phase, as streams of strangers do.
  phase = (phase + 7) % PACE_MS
  setTimeout(() => {
    const ticker = setInterval(() => {
      if (left-- > 0 && !socket.destroyed) return socket.write(event)
      clearInterval(ticker)
      socket.write(end)
    }, PACE_MS)
  }, phase)
}

function answerFirst (socket, delayMs, end) {
  setTimeout(() => {
    socket.write(opening)
    socket.write(Buffer.concat([event, event, event, event, end]))
  }, delayMs)
}

function answerHeld (socket, betweenMs, end) {
  socket.write(firstWords)
  const ticker = setInterval(() => { socket.write(event) }, betweenMs)
  const stop = () => {
    clearInterval(ticker)
    held.delete(finish)
    socket.off('close', stop)
  }
  const finish = () => {
    stop()
    socket.write(end)
  }
  held.add(finish)
  socket.once('close', stop)
}

function plainAnswer (status, value) {
  const body = JSON.stringify(value)
  return Buffer.from(`HTTP/1.1 ${status} Answer\r\ncontent-type: application/json\r\n` +
    `x-request-id: req_0123456789abcdef\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}
