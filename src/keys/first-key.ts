// The first start on a public address: a key is made, because nobody may call such a broker without one.

import { isLoopbackHost } from '../core/address.ts'
import type { KeyRecord, KeyStore } from './keys.ts'

/** The part of the settings that says who can reach the broker. */
export interface Reach {
  readonly host: string
  readonly isTcp: boolean
  /** `--open`. */
  readonly isOpen: boolean
}

/** Whether somebody else's machine could call. A Unix socket counts as loopback. */
export function isPublic ({ host, isTcp }: Pick<Reach, 'host' | 'isTcp'>): boolean {
  return isTcp && !isLoopbackHost(host)
}

/**
 * Call once at start, before listening. Makes the first key of a public broker that has none; its token is to be
 * printed once. Undefined: none was needed.
 */
export function makeFirstKey (keys: KeyStore, reach: Reach): { token: string, record: KeyRecord } | undefined {
  if (!isPublic(reach) || reach.isOpen || keys.isRequired()) return undefined
  return keys.create({ name: 'first key' })
}
