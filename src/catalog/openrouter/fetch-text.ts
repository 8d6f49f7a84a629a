// A GET of somebody else's JSON, within limits: size, time, and no redirect, which could lead anywhere.

import { version } from '../../version.ts'

export interface FetchLimits {
  /** After it was decompressed. */
  readonly mostBytes: number
  readonly timeoutMs: number
  /** Of what is known already; undefined: nothing is. */
  readonly etag?: string | undefined
  /** Ends the call early. */
  readonly signal: AbortSignal
}

export type Fetched =
  | { readonly kind: 'text', readonly text: string, readonly etag: string | undefined }
  /** What the tag names is still so. */
  | { readonly kind: 'unchanged' }
  /** `status` 0: no answer. The reason is ours, and quotes nothing of the answer. */
  | { readonly kind: 'failed', readonly status: number, readonly reason: string }

const LONGEST_TAG = 200

/** No credential is sent: these lists are public, and a key that is not sent cannot leak. Never rejects. */
export async function fetchText (url: string, { mostBytes, timeoutMs, etag, signal }: FetchLimits): Promise<Fetched> {
  try {
    const response = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      headers: { accept: 'application/json', 'user-agent': `aibroker/${version}`, ...etag !== undefined && { 'if-none-match': etag } }
    })
    if (response.status === 304 && etag !== undefined) return { kind: 'unchanged' }
    if (response.status !== 200) {
      await response.body?.cancel()
      return { kind: 'failed', status: response.status, reason: `answered ${response.status}` }
    }
    const bytes = await readAtMost(response, mostBytes)
    if (!bytes) return { kind: 'failed', status: 200, reason: `answered more than ${mostBytes} bytes` }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { kind: 'text', text, etag: response.headers.get('etag')?.slice(0, LONGEST_TAG) }
  } catch (error) {
    return { kind: 'failed', status: 0, reason: reasonOf(error as Error) }
  }
}

/** Undefined: there is more. */
async function readAtMost (response: Response, mostBytes: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > mostBytes) return undefined // leaving the loop cancels the body
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function reasonOf (error: Error): string {
  if (error.name === 'TimeoutError') return 'took too long'
  const cause = (error.cause ?? error) as NodeJS.ErrnoException
  return `could not be read (${cause.code ?? cause.name})`
}
