// What to do about an address that cannot be had, for every command that listens.

import { CommandFailure } from './failure.ts'

/** What the system says when an address cannot be had. */
const ADVICE: { readonly [code: string]: string } = {
  EADDRINUSE: 'something listens there already; stop it or choose another --port (0 picks a free one)',
  EADDRNOTAVAIL: 'this machine has no such address; check --host',
  EACCES: 'not permitted; choose a --port above 1023 or another --socket-dir',
  ENOTFOUND: 'no such name; check --host'
}

/** The sentence for the operator; undefined for an error that is about something else. */
export function listenFailure (error: unknown): CommandFailure | undefined {
  const { code = '', syscall, address, port } = error as NodeJS.ErrnoException & { address?: string, port?: number }
  const advice = ADVICE[code]
  if (advice === undefined || !['listen', 'bind', 'getaddrinfo'].includes(syscall ?? '')) return undefined
  const place = [address, port].filter((part) => part !== undefined).join(':')
  return new CommandFailure('failed', `cannot listen on ${place || 'the address'}: ${advice}`, error)
}
