// Which app a call is made for, as OpenRouter shows it. https://openrouter.ai/docs/app-attribution

export interface Attribution {
  /** `HTTP-Referer`: the app's URL. */
  readonly referer: string | undefined
  /** `X-Title`: the app's name. */
  readonly title: string | undefined
}

const LONGEST = 512
const UNFIT = /[^\x20-\x7e\x80-\xff]/
const EVERY_UNFIT = /[^\x20-\x7e\x80-\xff]+/g

/** What may stand in a header of that text: no control characters, at most 512 characters; undefined: nothing. */
export function cleanAttribution (text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  // Almost every value is clean: one search instead of a copy.
  const clean = UNFIT.test(text) ? text.replace(EVERY_UNFIT, ' ') : text
  const short = clean.trim().slice(0, LONGEST)
  return short === '' ? undefined : short
}
