// The headers of a multipart part: its name, and whether it is a file. What parsers read differently is refused.
// https://www.rfc-editor.org/rfc/rfc7578#section-4.2 and https://www.rfc-editor.org/rfc/rfc2183#section-2

/** What is wrong with the form, in words for the client. */
export class MultipartError extends Error {}

export interface Disposition {
  readonly name: string
  readonly isFile: boolean
}

interface Valued {
  /** What stands before the first parameter, in lower case. */
  readonly value: string
  /** By name in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$/
/** Without continuation lines (`.` would stop at them) and control characters. */
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/ // eslint-disable-line no-control-regex -- that is what is looked for
const PARAMETER = /[ \t]*;[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/y

/**
 * The disposition among the headers: the text between a boundary and the empty line.
 * @throws MultipartError when a line is no header, or the disposition is missing, there twice or not readable.
 */
export function readDisposition (headers: string): Disposition {
  const [padding = '', ...lines] = headers.split('\r\n')
  if (/[^ \t]/.test(padding)) throw new MultipartError('a boundary is not alone on its line')
  const found = lines.flatMap((line) => {
    const [, name = '', value = ''] = HEADER.exec(line) ?? []
    if (name === '' || CONTROL.test(value)) throw new MultipartError('a part has a header that cannot be read')
    return name.toLowerCase() === 'content-disposition' ? [value] : []
  })
  const [value, second] = found
  if (value === undefined) throw new MultipartError('a part has no Content-Disposition')
  if (second !== undefined) throw new MultipartError('a part has two Content-Dispositions')
  return dispositionOf(value)
}

function dispositionOf (text: string): Disposition {
  const { value, parameters } = readParameters(text) ?? UNREADABLE
  const name = parameters.get('name') ?? '\\'
  const keys = [...parameters.keys()]
  // `name*` and `name*0` are spellings of RFC 2231, which forms may not use and some parsers understand.
  if (value !== 'form-data' || name.includes('\\') || keys.some((key) => key.startsWith('name*'))) {
    throw new MultipartError('a part has a Content-Disposition that cannot be read')
  }
  return { name, isFile: keys.some((key) => key.startsWith('filename')) }
}

const UNREADABLE: Valued = { value: '', parameters: new Map() }

/** A header value with parameters; undefined: it cannot be read to its end, or a parameter is there twice. */
export function readParameters (text: string): Valued | undefined {
  const [value = ''] = /^[^;\s]*/.exec(text) ?? []
  const parameters = new Map<string, string>()
  let at = value.length
  for (;;) {
    PARAMETER.lastIndex = at
    const match = PARAMETER.exec(text)
    if (!match) break
    const [all, name = '', quoted, token] = match
    const key = name.toLowerCase()
    if (parameters.has(key)) return undefined
    parameters.set(key, quoted ?? token ?? '')
    at += all.length
  }
  return /^[ \t]*;?[ \t]*$/.test(text.slice(at)) ? { value: value.toLowerCase(), parameters } : undefined
}
