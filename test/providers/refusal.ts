// What a setting that cannot be used says.

import { inspect } from 'node:util'
import { SettingsError } from '../../src/settings.ts'

/** Everything a log could print of the SettingsError that `use` throws. @throws when it throws none. */
export function refusalOf (use: () => unknown): string {
  try {
    use()
  } catch (error) {
    if (error instanceof SettingsError) return `${error.message}\n${inspect(error, { depth: 8, showHidden: true })}`
    throw error
  }
  throw new Error('nothing was refused')
}
