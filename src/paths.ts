// Where the package's own files are: the same answer from src/ (tests) and from dist/src/ (production).

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const packageRoot = climb(import.meta.dirname)

function climb (folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('package.json not found above the program')
  return climb(parent)
}
