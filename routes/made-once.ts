// Documents that are made when somebody first asks for them, and then kept: with a tag, so that clients keep them too.

import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

export interface Made {
  readonly bytes: Buffer
  readonly etag: string
}

/** `text` is written by the first call, and kept as bytes for all others. */
export function madeOnce<Text extends { readonly text: string }> (
  make: () => Promise<Text>
): () => Promise<Made & Omit<Text, 'text'>> {
  let made: Promise<Made & Omit<Text, 'text'>> | undefined
  const finish = async () => {
    const { text, ...more } = await make()
    const bytes = Buffer.from(text)
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
    return { ...more, bytes, etag }
  }
  return () => {
    made ??= finish()
    return made
  }
}

/** Kept by the client and asked about every time: another version of the broker has another document. */
export function send ({ headers }: FastifyRequest, reply: FastifyReply, { bytes, etag }: Made): FastifyReply {
  reply.headers({ etag, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' })
  const known = headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (known?.includes(etag) || known?.includes('*')) return reply.code(304).send()
  return reply.send(bytes)
}
