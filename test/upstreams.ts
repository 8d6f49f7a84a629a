// Providers for tests: real servers on loopback that answer well, badly or not at all, and readers of what came.

export { freePort, provider, type Answer, type Call, type RecordedRequest, type TestProvider } from './upstreams/provider.ts'
export {
  answerJson, chatJson, embeddingsJson, gzipped, speechBytes, status, transcriptionJson
} from './upstreams/answers.ts'
export { chatSse, errorInStream, recorded, slowEventsUntil, streamed, type StreamOptions } from './upstreams/streams.ts'
export {
  cutAfterBytes, headersThenSilence, inPieces, never, rawBytes, rawHead, resetConnection, sequence
} from './upstreams/faults.ts'
export { crlf, SHAPES, toolCalls, type Shape, type ShapeOptions, type ShapedStream } from './upstreams/shapes.ts'
export { readSse, sseEvents, type SseAnswer, type SseEvent } from './upstreams/sse.ts'
