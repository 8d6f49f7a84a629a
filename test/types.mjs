// Loads the tests' TypeScript as JavaScript; before a test file: `node --import=./test/types.mjs`.

import { register } from 'node:module'

register('./types-hooks.mjs', import.meta.url)
