// A price list from a file or the network, within limits: a feed is somebody else's text.

import { statSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CommandFailure } from './failure.ts'
import { plain } from './plain-text.ts'

/** models.dev's list of everything was 2 MB in 2026. */
export const LARGEST_FEED_BYTES = 32 * 1024 * 1024
export const FETCH_TIMEOUT_MS = 30_000
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]']

/** The text behind a path, a `file:` URL or a URL. @throws CommandFailure saying what is wrong with it. */
export async function readSource (from: string, timeoutMs = FETCH_TIMEOUT_MS): Promise<string> {
  const isUrl = /^(https?|file):/i.test(from)
  if (isUrl && !URL.canParse(from)) throw new CommandFailure('wrong_usage', `${plain(from)} is not a URL`)
  const url = isUrl ? new URL(from) : undefined
  const bytes = url && url.protocol !== 'file:'
    ? await fetchBytes(url, timeoutMs)
    : readBytes(url ? fileURLToPath(url) : from)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw refusal(from, 'is not UTF-8 text', error)
  }
}

function readBytes (path: string): Buffer {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) throw new CommandFailure('not_found', `there is no file ${plain(path)}`)
  if (!stat.isFile()) throw refusal(path, 'is not a file')
  if (stat.size > LARGEST_FEED_BYTES) throw tooLarge(path)
  return readFileSync(path)
}

/** Redirects are not followed: they could leave https. */
async function fetchBytes (url: URL, timeoutMs: number): Promise<Buffer> {
  const { protocol, hostname, username, password } = url
  if (username !== '' || password !== '') {
    throw new CommandFailure('wrong_usage', 'the URL holds a user name or a password, which nothing here asks for')
  }
  if (protocol !== 'https:' && !LOOPBACK.includes(hostname)) {
    throw new CommandFailure('wrong_usage', `${plain(url.href)}: only https, or http on this machine, is read`)
  }
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch(url, { redirect: 'error', signal, headers: { accept: 'application/json' } })
    if (!response.ok) throw refusal(url.href, `answered ${response.status}`)
    return await readAtMost(response, url.href)
  } catch (error) {
    if (error instanceof CommandFailure) throw error
    throw refusal(url.href, `cannot be read: ${reasonOf(error as Error)}`, error)
  }
}

async function readAtMost (response: Response, name: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > LARGEST_FEED_BYTES) throw tooLarge(name) // leaving the loop cancels the body
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function reasonOf (error: Error): string {
  if (error.name === 'TimeoutError') return 'it took too long'
  return error.cause instanceof Error ? error.cause.message : error.message
}

function tooLarge (name: string): CommandFailure {
  return refusal(name, `is larger than ${LARGEST_FEED_BYTES} bytes`)
}

function refusal (name: string, says: string, cause?: unknown): CommandFailure {
  return new CommandFailure('failed', `${plain(name)} ${plain(says)}`, cause)
}
