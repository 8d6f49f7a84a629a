// `aibroker/<version>`: how the broker introduces itself to providers. Read once, from the package's own file.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../paths.ts'

const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }

export const userAgent = `aibroker/${version}`
