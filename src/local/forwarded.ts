// Whose request it is behind proxies: X-Forwarded-For, believed only as far as the hops that wrote it are trusted.

import { BlockList, isIPv6 } from 'node:net'
import { readAddress } from '../core/address.ts'

/** A longer chain is not a chain of proxies. */
const MOST_HOPS = 32
const NETWORK = /^([^/]+)(?:\/(\d{1,3}))?$/
const WIDTH = { ipv4: 32, ipv6: 128 }
const WITH_PORT = /^(?:\[([^\]]+)\]|([\d.]+))(?::\d+)?$/

/** The client's address, given the peer's (as spelled by `readAddress`) and the header as it came. */
export type ClientAddress = (peer: string, forwardedFor: string | undefined) => string

/**
 * @param trustProxy addresses and networks (`10.0.0.0/8`) whose header is believed.
 * @throws RangeError naming the entry that is neither.
 */
export function createClientAddress (trustProxy: readonly string[]): ClientAddress {
  if (trustProxy.length === 0) return (peer) => peer
  const trusted = new BlockList()
  for (const entry of trustProxy) addNetwork(trusted, entry)
  const isTrusted = (address: string) => trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')

  return (peer, forwardedFor) => {
    let client = peer
    // Each hop appends the address it saw, so the list is read from the right, and no further than trust reaches.
    const hops = forwardedFor?.split(',').slice(-MOST_HOPS) ?? []
    for (const hop of hops.reverse()) {
      const address = isTrusted(client) ? readHop(hop.trim()) : undefined
      if (address === undefined) return client
      client = address
    }
    return client
  }
}

/** Some proxies add the port. Undefined: `unknown`, `_hidden` or nonsense. */
function readHop (hop: string): string | undefined {
  const [, v6, v4] = WITH_PORT.exec(hop) ?? []
  return readAddress(v6 ?? v4 ?? hop)
}

function addNetwork (list: BlockList, entry: string): void {
  const [, text = '', bits] = NETWORK.exec(entry) ?? []
  const address = readAddress(text)
  const family = address?.includes(':') ? 'ipv6' : 'ipv4'
  const prefix = Number(bits ?? WIDTH[family])
  if (address === undefined || prefix > WIDTH[family]) {
    throw new RangeError(`AIBROKER_TRUST_PROXY: "${entry}" is not an address or a network like 10.0.0.0/8`)
  }
  list.addSubnet(address, prefix, family)
}
