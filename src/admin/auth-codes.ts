// Codes that an app exchanges for a key of its own, so that nobody has to copy the key: PKCE as OpenRouter has it.
// https://openrouter.ai/docs/guides/overview/auth/oauth and https://www.rfc-editor.org/rfc/rfc7636
//
// DESIGN. What must hold: a code is made by who administers and by nobody else, so a key never comes of a page alone
// (P9). It is good for one try within ten minutes: a try with a wrong verifier uses it up, as the right one does.
// Codes are kept as digests, in memory, and no more than a thousand of them; a restart forgets them, and the app asks
// again. Why a code was turned away is not told: whoever guesses learns nothing.

import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/errors.ts'
import type { RandomBytes } from '../core/ids.ts'
import { digestOf } from '../keys/token.ts'
import type { KeyWish } from './key-wish.ts'
import { refused } from './key-wish.ts'
import { digestOfVerifier, type ChallengeMethod, type CodeWish } from './code-wish.ts'

export interface CodeTry {
  readonly code: string
  readonly verifier: string | undefined
  /** Undefined: not said. */
  readonly method: ChallengeMethod | undefined
}

const LIFE_MS = 10 * 60_000
const MOST_CODES = 1_000
const CODE_BYTES = 32

interface Kept extends CodeWish {
  readonly endsAtMs: number
}

export class AuthCodes {
  readonly #clock: Clock
  readonly #random: RandomBytes
  /** By digest, the oldest first. */
  readonly #kept = new Map<string, Kept>()

  constructor ({ clock, random }: { readonly clock: Clock, readonly random: RandomBytes }) {
    this.#clock = clock
    this.#random = random
  }

  /** The code, shown this once. @throws GatewayError `too_many_codes` */
  make (wish: CodeWish): string {
    this.#forgetOld()
    if (this.#kept.size >= MOST_CODES) throw new GatewayError('too_many_codes', { count: MOST_CODES })
    const code = `auth_code_${this.#secret()}`
    this.#kept.set(digestOf(code), { ...wish, endsAtMs: this.#clock.monotonicMs() + LIFE_MS })
    return code
  }

  /**
   * What its key is to be; the code is gone then.
   * @throws GatewayError `invalid_code`, or `invalid_body` for another method than that of the challenge
   */
  take ({ code, verifier, method }: CodeTry): KeyWish {
    this.#forgetOld()
    const digest = digestOf(code)
    const kept = this.#kept.get(digest)
    if (!kept) throw new GatewayError('invalid_code')
    if (method !== undefined && kept.challenge && method !== kept.challenge.method) {
      throw refused('code_challenge_method', '"code_challenge_method" is not that of the code.')
    }
    this.#kept.delete(digest)
    if (!isProven(kept, verifier)) throw new GatewayError('invalid_code')
    return kept.key
  }

  #forgetOld (): void {
    const nowMs = this.#clock.monotonicMs()
    for (const [digest, { endsAtMs }] of this.#kept) {
      if (endsAtMs > nowMs) return
      this.#kept.delete(digest)
    }
  }

  #secret (): string {
    const bytes = new Uint8Array(CODE_BYTES)
    this.#random(bytes)
    return Buffer.from(bytes).toString('base64url')
  }
}

/** A verifier for a code without a challenge is no proof but a sign of somebody in between: RFC 9700, 2.1.1. */
function isProven ({ challenge }: Kept, verifier: string | undefined): boolean {
  if (!challenge || verifier === undefined) return !challenge && verifier === undefined
  return timingSafeEqual(Buffer.from(digestOfVerifier(verifier)), Buffer.from(challenge.digest))
}
