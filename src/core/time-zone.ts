// Names of time zones.

/** Whether `name` is a time zone this system knows: `Europe/Berlin`, `UTC`. */
export function isTimeZone (name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false // a RangeError says so
  }
}
