// The text of a client key: `ab_<id>_<secret><checksum>`.
//
// 256 random bits need no slow hash: SHA-256 is the stored form (there is no dictionary to try). The checksum lets
// secret scanners, and people with a typo, tell a key from a string that only looks like one without asking us.

import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { RandomBytes } from '../core/ids.ts'

const BASE62 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
const ID_LENGTH = 8
const SECRET_BYTES = 32
const CHECKSUM_LENGTH = 6
const TOKEN = /^(ab_[0-9a-zA-Z]{8}_[\w-]{43})([0-9a-zA-Z]{6})$/

export interface Token {
  /** `key_<8 chars>`: the same eight characters as in the token. */
  readonly id: string
  readonly token: string
}

/** A key nobody has seen before. */
export function makeToken (random: RandomBytes): Token {
  const bytes = new Uint8Array(ID_LENGTH + SECRET_BYTES)
  random(bytes)
  const id = Array.from(bytes.subarray(0, ID_LENGTH), (byte) => BASE62[byte % BASE62.length]).join('')
  const body = `ab_${id}_${Buffer.from(bytes.subarray(ID_LENGTH)).toString('base64url')}`
  return { id: `key_${id}`, token: body + checksumOf(body) }
}

/** Whether the text is a key as we write them. Says nothing about whether the key exists. */
export function isToken (text: string): boolean {
  const [, body = '', checksum] = TOKEN.exec(text) ?? []
  return checksum !== undefined && checksumOf(body) === checksum
}

/** SHA-256 of a token of any kind, in hex: what is stored and looked up. */
export function digestOf (token: string): string {
  return hash('sha256', token, 'hex')
}

function checksumOf (text: string): string {
  let rest = crc32(text)
  let digits = ''
  while (digits.length < CHECKSUM_LENGTH) {
    digits = (BASE62[rest % BASE62.length] ?? '') + digits
    rest = Math.floor(rest / BASE62.length)
  }
  return digits
}
