// Loaded before Portkey's gateway, which otherwise answers every stream of this bench with 500.
//
// @portkey-ai/gateway 1.15.2 appends its own headers to `new Response(body, answer)`, where `answer` came from fetch.
// The `Response` that @hono/node-server 1.19 puts in place of Node's keeps the headers of fetch, which are immutable
// ("TypeError: immutable"). One copy of the headers per answer repairs it: some microseconds beside the millisecond the
// gateway needs for a request, and without them there would be nothing to compare.

const fetchOfNode = globalThis.fetch

globalThis.fetch = async (...args) => {
  const answer = await fetchOfNode(...args)
  Object.defineProperty(answer, 'headers', { value: new Headers(answer.headers) })
  return answer
}
