// `~author/family-latest`: the newest model of a family, whatever it is called by then.
// https://openrouter.ai/docs/guides/routing/routers/latest-resolution

import type { Catalog, Model } from '../catalog/catalog.ts'
import type { Task } from '../core/ask.ts'
import { OPENROUTER } from './openrouter-names.ts'
import { servesTask } from './roster.ts'

/** Works for a name; undefined: it is none of that form, or nobody is of the family. */
export type Latest = (name: string, task: Task) => Model | undefined

interface Slugged {
  readonly slug: string
  readonly model: Model
}

const FORM = /^~([^/]+)\/(.+)-latest$/
/** `claude-sonnet` is the family of `claude-sonnet-4.5`, and not of `claude-sonnets`. */
const BORDERS: ReadonlySet<string> = new Set(['', '-', '.', '_', '@'])

/** The authors are looked through once, when the first name of that form is asked for. */
export function createLatest ({ models }: Catalog): Latest {
  let byAuthor: ReadonlyMap<string, readonly Slugged[]> | undefined
  return (name, task) => {
    const [, author, family] = FORM.exec(name) ?? []
    if (author === undefined || family === undefined) return undefined
    byAuthor ??= readAuthors(models.values())
    return byAuthor.get(author)?.find(({ slug, model }) => isOf(family, slug) && servesTask(model, task))?.model
  }
}

/** The newest first. Who tells no date is older than who does; among those the higher number is the newer one. */
function readAuthors (models: Iterable<Model>): ReadonlyMap<string, readonly Slugged[]> {
  const byAuthor = new Map<string, Slugged[]>()
  for (const model of models) {
    for (const name of namesOf(model)) {
      const slash = name.indexOf('/')
      const row = { slug: name.slice(slash + 1), model }
      const author = name.slice(0, Math.max(0, slash))
      const rows = byAuthor.get(author)
      if (rows) rows.push(row)
      else byAuthor.set(author, [row])
    }
  }
  const collator = new Intl.Collator('en', { numeric: true }) // the first takes 8 ms and 3 MB: not at the start
  const byAge = (a: Slugged, b: Slugged) => createdOf(b) - createdOf(a) || collator.compare(b.slug, a.slug)
  for (const rows of byAuthor.values()) rows.sort(byAge)
  return byAuthor
}

/** Every name that tells the author: the model's own, and what its backends may be asked by. */
function namesOf ({ name, aliases, backends }: Model): Set<string> {
  const asked = backends.map(({ provider, modelId }) => provider === OPENROUTER ? modelId : `${provider}/${modelId}`)
  return new Set([name, ...aliases, ...asked].filter((name) => name.includes('/')))
}

/** Unix seconds. */
function createdOf ({ model: { listed } }: Slugged): number {
  return listed?.created ?? 0
}

/** Variants (`:free`) are models of their own: nobody means them by a family. */
function isOf (family: string, slug: string): boolean {
  return slug.startsWith(family) && BORDERS.has(slug.charAt(family.length)) && !slug.includes(':')
}
