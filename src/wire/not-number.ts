// NaN and Infinity, which servers in Python write where JSON has no number, become null: then the rest can be read.
// https://docs.python.org/3/library/json.html#infinite-and-nan-number-values

/** Strings are matched to skip them; one without an end takes all the rest, so that no byte is looked at twice. */
const STRING_OR_NOT_NUMBER = /"(?:[^"\\]+|\\[^])*(?:"|\\?$)|-?\b(?:NaN|Infinity)\b/g

/** The text itself when there is nothing to change. */
export function withoutNotNumbers (json: string): string {
  if (!json.includes('NaN') && !json.includes('Infinity')) return json
  return json.replace(STRING_OR_NOT_NUMBER, (match) => match.startsWith('"') ? match : 'null')
}
