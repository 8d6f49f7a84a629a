// Presets as rows of `preset_versions` (014-presets.sql).

import type { Database } from 'better-sqlite3'
import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { MOST_PRESETS, MOST_VERSIONS, type Preset, type PresetStore, type PresetVersion } from '../presets.ts'
import { createTransact } from './transact.ts'

interface Row {
  readonly slug: string
  readonly version: number
  readonly systemPrompt: string | null
  readonly config: string
  readonly creator: string | null
  readonly createdAtMs: number
}
interface NewestRow extends Row {
  readonly firstAtMs: number
}

const COLUMNS = 'slug, version, system_prompt AS systemPrompt, config, creator, created_at_ms AS createdAtMs'
const FIRST = '(SELECT min(created_at_ms) FROM preset_versions AS older WHERE older.slug = newest.slug) AS firstAtMs'
const NEWEST = `SELECT ${COLUMNS}, ${FIRST} FROM preset_versions AS newest`
const FIND = `${NEWEST} WHERE slug = ? ORDER BY version DESC LIMIT 1`
const LIST = `${NEWEST} WHERE version = (SELECT max(version) FROM preset_versions AS other WHERE other.slug = newest.slug)
  ORDER BY created_at_ms DESC, slug LIMIT ${MOST_PRESETS}`
const VERSIONS = `SELECT ${COLUMNS} FROM preset_versions WHERE slug = ? ORDER BY version`
const INSERT = `
  INSERT INTO preset_versions (slug, version, system_prompt, config, creator, created_at_ms) VALUES (?, ?, ?, ?, ?, ?)`
const FORGET_OLD = `DELETE FROM preset_versions WHERE slug = ? AND version <= ? - ${MOST_VERSIONS}`
const COUNT = 'SELECT count(DISTINCT slug) AS count FROM preset_versions'

export function createPresets (sqlite: Database): PresetStore {
  const find = sqlite.prepare<[string], NewestRow>(FIND)
  const list = sqlite.prepare<[], NewestRow>(LIST)
  const versions = sqlite.prepare<[string], Row>(VERSIONS)
  const insert = sqlite.prepare(INSERT)
  const forgetOld = sqlite.prepare(FORGET_OLD)
  const count = sqlite.prepare<[], { readonly count: number }>(COUNT)
  const transact = createTransact(sqlite)
  const found = (slug: string) => {
    const row = find.get(slug)
    return row && presetOf(row)
  }
  return {
    find: found,
    list: () => list.all().map(presetOf),
    versions: (slug) => versions.all(slug).map(versionOf),
    keep ({ slug, systemPrompt, config, creator, createdAtMs }) {
      transact(() => {
        const last = find.get(slug)?.version ?? 0
        if (last === 0 && (count.get()?.count ?? 0) >= MOST_PRESETS) {
          throw new GatewayError('too_many_presets', { count: MOST_PRESETS })
        }
        insert.run(slug, last + 1, systemPrompt ?? null, JSON.stringify(config), creator ?? null, createdAtMs)
        forgetOld.run(slug, last + 1)
      })
      return found(slug) as Preset
    }
  }
}

function versionOf ({ systemPrompt, config, creator, ...row }: Row): PresetVersion {
  return {
    ...row,
    systemPrompt: systemPrompt ?? undefined,
    config: JSON.parse(config) as JsonObject,
    creator: creator ?? undefined
  }
}

function presetOf ({ firstAtMs, ...row }: NewestRow): Preset {
  return { ...versionOf(row), firstAtMs }
}
