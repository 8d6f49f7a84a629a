// Ids of providers in few bytes: they are a third of an attempt's row, and spell six bits in eight, or four.
//
// DESIGN. The first byte says how: five bits which prefix was left out, two how the rest is spelled, one whether its
// last character is only padding. What fits no spelling stays text in `upstream_id`, as every id was before and as
// those of running attempts are; whoever reads takes what there is. The lists are part of the file's format: their
// places are never given to something else.

/** By place, of 32. Longer ones come behind those they begin with. */
const PREFIXES = [
  '', 'chatcmpl-', 'msg_', 'msg_01', 'gen-', 'resp_', 'cmpl-', 'embd-', 'req_', 'chat-', 'batch_', 'file-', 'img_',
  'rs_', 'msg_bdrk_', 'modr-'
] as const

const IS_BASE64URL = /^[\w-]+$/
const IS_HEX = /^[0-9a-f]+$/
const IS_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** Seconds since the epoch in front. */
const IS_DATED = /^[1-3]\d{9}-[\w-]+$/
const SECONDS_LENGTH = 10
const HYPHENS = [8, 12, 16, 20]

const IS_PADDED = 0x80

/** How the rest is spelled: `bytes` and back. By place, of four; the first that can is taken. */
interface Spelling {
  can (rest: string): boolean
  bytes (rest: string): { readonly bytes: Buffer, readonly isPadded?: boolean }
  text (bytes: Buffer, isPadded: boolean): string
}

const SPELLINGS: readonly Spelling[] = [
  {
    can: (rest) => IS_UUID.test(rest),
    bytes: (rest) => ({ bytes: Buffer.from(rest.replaceAll('-', ''), 'hex') }),
    text (bytes) {
      const hex = bytes.toString('hex')
      return [0, ...HYPHENS].map((from, at) => hex.slice(from, HYPHENS[at])).join('-')
    }
  },
  {
    can: (rest) => IS_HEX.test(rest),
    bytes: (rest) => rest.length % 2 === 0
      ? { bytes: Buffer.from(rest, 'hex') }
      : { bytes: Buffer.from(`${rest}0`, 'hex'), isPadded: true },
    text: (bytes, isPadded) => bytes.toString('hex').slice(0, isPadded ? -1 : undefined)
  },
  {
    can: (rest) => IS_DATED.test(rest),
    bytes (rest) {
      const { bytes, isPadded } = bytesOf(rest.slice(SECONDS_LENGTH + 1))
      const seconds = Buffer.alloc(4)
      seconds.writeUInt32BE(Number(rest.slice(0, SECONDS_LENGTH)))
      return { bytes: Buffer.concat([seconds, bytes]), isPadded }
    },
    text: (bytes, isPadded) => `${bytes.readUInt32BE()}-${textOf(bytes.subarray(4), isPadded)}`
  },
  { can: (rest) => IS_BASE64URL.test(rest), bytes: bytesOf, text: textOf }
]

/** The letters of base64url, six bits each; undefined bits at the end are zero. */
function bytesOf (letters: string): { bytes: Buffer, isPadded: boolean } {
  const length = Math.ceil(letters.length * 6 / 8)
  const padded = letters.padEnd(Math.ceil(letters.length / 4) * 4, 'A')
  return { bytes: Buffer.from(padded, 'base64url').subarray(0, length), isPadded: letters.length % 4 === 3 }
}

function textOf (bytes: Buffer, isPadded: boolean): string {
  return bytes.toString('base64url').slice(0, Math.floor(bytes.length * 8 / 6) - (isPadded ? 1 : 0))
}

/** Undefined: the id fits no spelling and stays text. */
export function upstreamKey (id: string): Buffer | undefined {
  const prefix = PREFIXES.findLastIndex((text) => id.startsWith(text))
  const rest = id.slice(PREFIXES[prefix]?.length)
  const at = SPELLINGS.findIndex(({ can }) => can(rest))
  const spelling = SPELLINGS[at]
  if (!spelling) return undefined
  const { bytes, isPadded = false } = spelling.bytes(rest)
  return Buffer.concat([Buffer.of(prefix | at << 5 | (isPadded ? IS_PADDED : 0)), bytes])
}

/** `coalesce(upstream_key, upstream_id)` as the provider spelled it; null: it told none. */
export function upstreamIdOf (stored: Buffer | string | null): string | undefined {
  if (stored === null || typeof stored === 'string') return stored ?? undefined
  const [first = 0] = stored
  const rest = SPELLINGS[first >> 5 & 3]?.text(stored.subarray(1), (first & IS_PADDED) !== 0) ?? ''
  return `${PREFIXES[first & 31] ?? ''}${rest}`
}
