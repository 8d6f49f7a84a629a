// Whether the tags of a page open and close in turn.

const VOID: ReadonlySet<string> = new Set(['meta', 'br', 'hr'])
const TAG = /<(\/?)([a-z0-9]+)((?:\s+[a-z-]+="[^"<>]*")*)>/g

/** What is wrong, as sentences; text must be escaped, except in the style sheet. */
export function unbalancedIn (page: string): string[] {
  const body = page.replace(/^<!DOCTYPE html>\n/, '').replace(/<style>[^<]*<\/style>/, '')
  const rest = body.replace(TAG, '').replace(/&(amp|lt|gt|quot|#39);/g, '')
  const wrong = /.{0,20}[<>&].{0,20}/.exec(rest)
  return [
    ...page === body || !page.startsWith('<!DOCTYPE html>\n') ? ['there is no doctype'] : [],
    ...wrong ? [`not a tag, or not escaped: ${wrong[0]}`] : [],
    ...unclosedIn(body)
  ]
}

function unclosedIn (body: string): string[] {
  const problems: string[] = []
  const open: string[] = []
  for (const [tag, slash, name = ''] of body.matchAll(TAG)) {
    if (slash === '' && !VOID.has(name)) open.push(name)
    if (slash === '/' && open.pop() !== name) problems.push(`${tag} closes something else`)
  }
  return [...problems, ...open.map((name) => `<${name}> is not closed`)]
}
