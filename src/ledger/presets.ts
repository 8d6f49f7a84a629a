// Parts of requests kept under a name, for all clients of the broker. Each change is a version; the newest one counts.

import type { JsonObject } from '../core/json.ts'

export interface PresetParts {
  readonly systemPrompt: string | undefined
  /** Members of a request: no messages, nothing about streams. */
  readonly config: JsonObject
}

export interface PresetVersion extends PresetParts {
  readonly slug: string
  /** From 1. */
  readonly version: number
  /** Id of the client key; undefined: a program of this machine. */
  readonly creator: string | undefined
  readonly createdAtMs: number
}

/** A preset as its newest version has it. */
export interface Preset extends PresetVersion {
  /** When its first version was made that is still kept. */
  readonly firstAtMs: number
}

export const MOST_PRESETS = 1_000
/** The oldest versions go first. */
export const MOST_VERSIONS = 100
/** Bytes of its configuration and system prompt together. */
export const LARGEST_PRESET = 64 * 1_024

export interface PresetStore {
  find (slug: string): Preset | undefined
  /** The one that was changed last comes first. */
  list (): Preset[]
  /** The oldest one comes first; empty: there is no such preset. */
  versions (slug: string): PresetVersion[]
  /** Makes a version. @throws GatewayError `too_many_presets` or `ledger_unavailable` */
  keep (version: Omit<PresetVersion, 'version'>): Preset
}
