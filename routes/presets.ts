// Presets over HTTP, in OpenRouter's shapes: https://openrouter.ai/docs/guides/features/presets
//
// They belong to the broker, not to a key: whoever may call may read and use them, whoever may administer makes them.

import type { FastifyContextConfig, FastifyPluginAsync } from 'fastify'
import { GatewayError } from '../src/core/errors.ts'
import type { JsonObject } from '../src/core/json.ts'
import { LARGEST_PRESET, type Preset, type PresetVersion } from '../src/ledger/presets.ts'
import { anthropic } from '../src/wire/anthropic/index.ts'
import { presetPartsOf } from '../src/wire/openai-chat/preset.ts'
import { openaiResponses } from '../src/wire/openai-responses/index.ts'
import { readBody } from './json-ask.ts'
import { requireManagement } from './management.ts'

interface PresetRoute {
  Params: { readonly slug: string, readonly version: string }
  Querystring: { readonly offset?: string, readonly limit?: string }
}

const SLUG = /^[a-z0-9][a-z0-9_-]{0,63}$/
const PAGE = 100
/** A preset needs no talk, a request does. */
const NO_TALK: JsonObject[] = [{ role: 'user', content: '' }]

/** Paths of inference whose bodies can be kept. */
interface Maker {
  readonly path: string
  readonly config: FastifyContextConfig
  /** What is kept is a chat, whatever it was asked in. */
  chatOf (body: JsonObject): JsonObject
}

const MAKERS: readonly Maker[] = [
  { path: '/presets/:slug/chat/completions', config: { doc: 'MAKE_PRESET_DOC' }, chatOf: (body) => body },
  {
    path: '/presets/:slug/messages',
    config: { doc: 'MAKE_PRESET_OF_MESSAGES_DOC', errors: anthropic },
    chatOf: (body) => anthropic.interpret({ ...body, messages: body['messages'] ?? NO_TALK }).chat
  },
  {
    path: '/presets/:slug/responses',
    config: { doc: 'MAKE_RESPONSES_PRESET_DOC' },
    chatOf: (body) => openaiResponses.interpret({ input: '', ...body }).chat
  }
]

/** Registered under `/v1` and `/api/v1`. */
const presets: FastifyPluginAsync = async (fastify) => {
  const { presets, clock } = fastify.gateway
  fastify.addHook('preHandler', async (_request, reply) => { reply.header('cache-control', 'no-store') })
  const versionsOf = (slug: string) => {
    const versions = presets.versions(slug)
    return versions.length > 0 ? versions : refuseUnknown(slug)
  }

  fastify.get<PresetRoute>('/presets', { config: { isRated: true, doc: 'PRESETS_DOC' } }, async ({ query }) => {
    const all = presets.list()
    return { data: pageOf(all, query).map(presetJson), total_count: all.length }
  })
  fastify.get<PresetRoute>('/presets/:slug', { config: { isRated: true, doc: 'PRESET_DOC' } }, async ({ params: { slug } }) =>
    ({ data: wholeJson(presets.find(slug) ?? refuseUnknown(slug)) }))
  fastify.get<PresetRoute>('/presets/:slug/versions', { config: { isRated: true, doc: 'PRESET_VERSIONS_DOC' } }, async ({ params, query }) => {
    const all = versionsOf(params.slug)
    return { data: pageOf(all, query).map(versionJson), total_count: all.length }
  })
  fastify.get<PresetRoute>('/presets/:slug/versions/:version', { config: { isRated: true, doc: 'PRESET_VERSION_DOC' } }, async ({ params }) => {
    const { slug, version } = params
    const found = versionsOf(slug).find((kept) => String(kept.version) === version)
    return { data: versionJson(found ?? refuseUnknown(`${slug} version ${version}`)) }
  })
  for (const { path, config, chatOf } of MAKERS) {
    fastify.post<PresetRoute>(path, { config: { isRated: true, ...config } }, async (request) => {
      requireManagement(request)
      const { params: { slug }, principal } = request
      const parts = presetPartsOf(chatOf(readBody(request.body).value))
      if (!SLUG.test(slug)) throw refused('slug', 'The name of a preset is up to 64 lower-case letters, digits, - and _.')
      if (Buffer.byteLength(JSON.stringify(parts)) > LARGEST_PRESET) throw refused('slug', `A preset has at most ${LARGEST_PRESET} bytes.`)
      return { data: wholeJson(presets.keep({ ...parts, slug, creator: principal.keyId, createdAtMs: clock.nowMs() })) }
    })
  }
}

export default presets

function refused (param: string, reason: string): GatewayError {
  return new GatewayError('invalid_body', { reason }, { param })
}

function refuseUnknown (slug: string): never {
  throw new GatewayError('no_such_preset', { slug: slug.slice(0, 100) })
}

/** A page of a list of a thousand at the most. @throws GatewayError `invalid_body` */
function pageOf<Item> (items: readonly Item[], { offset = '0', limit = String(PAGE) }: PresetRoute['Querystring']): readonly Item[] {
  for (const [name, text] of [['offset', offset], ['limit', limit]] as const) {
    if (!/^\d{1,6}$/.test(text)) throw refused(name, `"${name}" must be a whole number.`)
  }
  return items.slice(Number(offset), Number(offset) + Math.min(PAGE, Number(limit)))
}

function presetJson ({ slug, version, creator, firstAtMs, createdAtMs }: Preset) {
  return {
    id: `preset-${slug}`,
    name: slug,
    slug,
    status: 'active',
    description: null,
    designated_version_id: `preset-${slug}-${version}`,
    creator_user_id: creator ?? null,
    workspace_id: null,
    created_at: new Date(firstAtMs).toISOString(),
    updated_at: new Date(createdAtMs).toISOString(),
    status_updated_at: null
  }
}

function wholeJson (preset: Preset) {
  return { ...presetJson(preset), designated_version: versionJson(preset) }
}

function versionJson ({ slug, version, systemPrompt, config, creator, createdAtMs }: PresetVersion) {
  const madeAt = new Date(createdAtMs).toISOString()
  return {
    id: `preset-${slug}-${version}`,
    preset_id: `preset-${slug}`,
    version,
    system_prompt: systemPrompt ?? null,
    config,
    creator_id: creator ?? '',
    created_at: madeAt,
    updated_at: madeAt
  }
}
