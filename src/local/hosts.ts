// Which `Host` names are ours (P9). A page that rebinds its own name to 127.0.0.1 arrives with that name in `Host`:
// only names that no stranger can own are served.
//
// Addresses written as addresses are no danger of that kind, since rebinding needs a name; a server bound to every
// address therefore serves every address, and names only when they are listed.

import { isIPv4 } from 'node:net'
import { isLoopback, isWildcardHost, readAddress } from '../core/address.ts'

/** `[IPv6]`, or one run of host characters; then perhaps a port. Everything else a `Host` may try is refused. */
const HOST = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9_](?:[a-z0-9._-]{0,252})))(?::(\d{1,5}))?$/
const LARGEST_PORT = 65_535

export interface HostRules {
  /** Name or address the server is bound to. */
  readonly boundHost: string
  /** Names, or `name:port`, that are served besides. */
  readonly allowedHosts: readonly string[]
}

/** Judges the one `Host` of a request. */
export function createHostGuard ({ boundHost, allowedHosts }: HostRules): (host: string) => boolean {
  const servesEveryAddress = isWildcardHost(boundHost)
  const names = new Set(['localhost', spellingOf(boundHost), ...allowedHosts.map(spellingOf)])

  return (header) => {
    const host = header.toLowerCase()
    const match = HOST.exec(host)
    if (!match || Number(match[3] ?? 0) > LARGEST_PORT) return false
    const address = addressIn(match)
    if (address !== undefined && (servesEveryAddress || isLoopback(address))) return true
    return names.has(address ?? match[2] ?? '') || names.has(host)
  }
}

/** Octal, hex and short spellings of IPv4 are names here, and no name of ours looks like them. */
function addressIn (match: RegExpExecArray): string | undefined {
  const [, v6, name = ''] = match
  if (v6 === undefined) return isIPv4(name) ? name : undefined
  const address = readAddress(v6)
  // IPv4 in brackets is never what the broker printed; nobody needs a second door to the same address.
  return address?.includes(':') ? address : undefined
}

function spellingOf (host: string): string {
  const bare = host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  return readAddress(bare) ?? bare
}
