// What Claude Code asks before it asks anything: whether somebody is there. https://code.claude.com/docs/en/llm-gateway

import type { FastifyPluginAsync } from 'fastify'

const PROBED = ['/', '/api/hello']

const probes: FastifyPluginAsync = async (fastify) => {
  for (const path of PROBED) fastify.head(path, { config: { open: true } }, async (_request, reply) => reply.send())
}

export default probes
