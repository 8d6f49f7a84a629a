// Network addresses as text: one spelling per address, and which of them mean this machine.

import { isIPv4, isIPv6 } from 'node:net'

const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/
const GROUPS = 8
/** An ordinary client owns a whole /64 of IPv6: counting single addresses would count nothing. */
const NETWORK_GROUPS = 4

/**
 * The one spelling of an IP address: IPv6 compressed and in lower case without its zone, IPv4-mapped IPv6 as IPv4.
 * Undefined when the text is not an address.
 */
export function readAddress (text: string): string | undefined {
  if (isIPv4(text)) return text
  if (!isIPv6(text)) return undefined
  const zone = text.indexOf('%')
  const bare = zone === -1 ? text : text.slice(0, zone)
  const canonical = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  const mapped = MAPPED.exec(canonical)
  if (!mapped) return canonical
  const bits = Number.parseInt(mapped[1] ?? '', 16) * 65_536 + Number.parseInt(mapped[2] ?? '', 16)
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.')
}

/** What one client can be expected to hold: an IPv4 address, or the /64 network of an IPv6 one. */
export function networkOf (address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const before = head.split(':')
  if (tail === undefined || before.length >= NETWORK_GROUPS) return before.slice(0, NETWORK_GROUPS).join(':')
  const after = tail === '' ? [] : tail.split(':')
  const left = head === '' ? [] : before
  const zeros = Array<string>(GROUPS - left.length - after.length).fill('0')
  return [...left, ...zeros, ...after].slice(0, NETWORK_GROUPS).join(':')
}

/** 127.0.0.0/8 or ::1, as spelled by `readAddress`. */
export function isLoopback (address: string): boolean {
  return address === '::1' || (address.startsWith('127.') && isIPv4(address))
}

/** Whether a server bound to this name or address can be reached from this machine only. */
export function isLoopbackHost (host: string): boolean {
  const bare = withoutBrackets(host).toLowerCase()
  return bare === 'localhost' || isLoopback(readAddress(bare) ?? bare)
}

/** 0.0.0.0 or ::, which stand for every address of the machine. */
export function isWildcardHost (host: string): boolean {
  const address = readAddress(withoutBrackets(host))
  return address === '0.0.0.0' || address === '::'
}

function withoutBrackets (host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}
