// The two parts of undici that a call is made of, by their files: its index loads fetch, WebSockets, caches and mocks
// as well, which is 88 files, 70 ms of CPU and 8 MB of every start.

import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export const Pool = require('undici/lib/dispatcher/pool.js') as typeof import('undici').Pool
export const errors = require('undici/lib/core/errors.js') as typeof import('undici').errors
