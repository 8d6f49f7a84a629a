// Request bodies: JSON is kept as the bytes that came, forms stay a stream, anything else is refused.

import fp from 'fastify-plugin'

export default fp(async (fastify) => {
  // Fastify's own parsers would change what we relay (coercion, defaults) and accept what a web page may send unasked
  // (text/plain needs no preflight).
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => { done(null, body) })
  fastify.addContentTypeParser('multipart/form-data', (_request, payload, done) => { done(null, payload) })
}, { name: 'body', fastify: '5.x' })
