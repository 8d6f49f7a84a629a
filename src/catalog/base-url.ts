// Where a provider lives: an http or https URL that holds no secret and does not send one in clear text.

import { BlockList, isIP } from 'node:net'

/** Networks a packet does not leave the house for: RFC 1122, 1918, 3927, 4193, 4291, 6598. */
const PRIVATE_NETWORKS: ReadonlyArray<readonly [network: string, bits: number]> = [
  ['127.0.0.0', 8], ['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16], ['169.254.0.0', 16], ['100.64.0.0', 10],
  ['::1', 128], ['fc00::', 7], ['fe80::', 10]
]
/** Names that a public resolver does not answer: RFC 6761, 6762, 8375 and ICANN's .internal. */
const PRIVATE_NAME = /(?:^|\.)(?:localhost|local|internal|lan|home\.arpa)$/

const privateNetworks = new BlockList()
for (const [network, bits] of PRIVATE_NETWORKS) privateNetworks.addSubnet(network, bits, familyOf(network))

/** Either the URL without trailing slash, or why it cannot be used; the reason never holds the URL's secrets. */
export type BaseUrl = { readonly url: string } | { readonly wrong: string }

interface UrlRule {
  isBroken (url: URL, hasCredential: boolean): boolean
  says (url: URL): string
}

const RULES: readonly UrlRule[] = [
  {
    isBroken: (url) => !/^https?:$/.test(url.protocol),
    says: () => NOT_A_URL
  },
  {
    isBroken: (url) => url.username !== '' || url.password !== '',
    says: () => 'must not hold a user or password: use "credential"'
  },
  {
    isBroken: (url) => /[?#]/.test(url.href),
    says: () => 'must not hold a query or fragment: keys belong in "credential"'
  },
  {
    isBroken: (url, hasCredential) => url.protocol === 'http:' && hasCredential && !isPrivateHost(url.hostname),
    says: (url) => `would send the credential to ${url.hostname} in clear text: use https, or "credential: none"`
  }
]
const NOT_A_URL = 'must be an http or https URL such as https://api.example.com/v1'

/** `hasCredential` is false only when the provider is known to need none: then clear text gives nothing away. */
export function readBaseUrl (text: string, hasCredential: boolean): BaseUrl {
  if (!URL.canParse(text)) return { wrong: NOT_A_URL }
  const url = new URL(text)
  const broken = RULES.find((rule) => rule.isBroken(url, hasCredential))
  return broken ? { wrong: broken.says(url) } : { url: url.origin + url.pathname.replace(/\/+$/, '') }
}

/** Loopback, private networks, and names that exist only there; a name without a dot is a container or a neighbour. */
function isPrivateHost (hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0) return privateNetworks.check(host, familyOf(host))
  return !host.includes('.') || PRIVATE_NAME.test(host)
}

/** Of a valid address. Not by `isIP`: its pattern for IPv6 takes 6 ms to compile, and every start would pay that. */
function familyOf (address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}
