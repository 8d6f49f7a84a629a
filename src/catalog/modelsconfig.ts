// modelsconfig.yml to a catalog: everything that is wrong with the file is said at once, with line and path.

import { createHash } from 'node:crypto'
import { mergeFacts } from './backend-facts.ts'
import type { Backend, Catalog, Model, Price, ProviderEntry } from './catalog.ts'
import { ConfigError, createReport, type Report } from './config-error.ts'
import { LARGEST_FILE_BYTES } from './config-file.ts'
import { fieldOf, knownMembersOf, type Field } from './fields.ts'
import { readModels, type ModelRow } from './model-rows.ts'
import { readProviders } from './provider-rows.ts'
import { readYaml } from './yaml-reader.ts'

const KEYS = ['providers', 'models']

export interface ReadCatalog {
  readonly catalog: Catalog
  /** Sentences for the log: unknown keys and values that are most likely mistakes. */
  readonly warnings: readonly string[]
}

/**
 * Reads the text of a modelsconfig.yml. `fileName` is how messages call it; `changedAtS` is Unix seconds.
 * @throws ConfigError with every mistake, each as `file:line: path: reason`.
 */
export function readCatalog (text: string, fileName: string, changedAtS: number): ReadCatalog {
  if (Buffer.byteLength(text) > LARGEST_FILE_BYTES) {
    throw new ConfigError([`${fileName}:1: is larger than ${LARGEST_FILE_BYTES} bytes`])
  }
  const report = createReport(fileName)
  // Editors on Windows put a byte order mark in front; the YAML in the file starts behind it.
  const tree = readYaml(text.replace(/^\ufeff/, ''), report)
  report.throwRefusals()
  const root = tree && fieldOf(tree, { line: tree.line, path: '' }, report)
  const catalog = root && readRoot(root, report)
  report.throwRefusals()
  if (!catalog) throw new ConfigError([`${fileName}:1: is empty`])
  return {
    catalog: Object.freeze({ version: versionOf(text), createdAtS: changedAtS, ...catalog }),
    warnings: report.warnings()
  }
}

function versionOf (text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function readRoot (root: Field, report: Report): Omit<Catalog, 'version' | 'createdAtS'> | undefined {
  if (root.node.kind !== 'map') return root.refuse('must be a map with "models" and, if needed, "providers"')
  const members = knownMembersOf(root, KEYS, report)
  if (members.size === 0) return root.refuse('has neither "models" nor "providers"')
  const providers = readProviders(members.get('providers'), report)
  const rows = readModels(members.get('models'), report).map((row) => ({ ...row, model: withEntries(row.model, providers) }))
  const models = rows.map(({ model }) => model)
  return {
    models: new Map(models.map((model) => [model.name, model])),
    names: namesOf(rows),
    providers,
    prices: pricesOf(rows)
  }
}

/** What a backend's row does not say, its provider's entry does: markup and facts. */
function withEntries (model: Model, providers: ReadonlyMap<string, ProviderEntry>): Model {
  const says = (entry: ProviderEntry | undefined) => entry?.markup !== undefined || entry?.facts !== undefined
  if (!model.backends.some(({ provider }) => says(providers.get(provider)))) return model
  const backends = model.backends.map((backend) => {
    const entry = providers.get(backend.provider)
    return Object.freeze({
      ...backend, markup: backend.markup ?? entry?.markup, facts: mergeFacts(entry?.facts, backend.facts)
    })
  })
  return Object.freeze({ ...model, backends: Object.freeze(backends) })
}

/** Names win over aliases whatever their order, so that a clash is always the alias's mistake. */
function namesOf (rows: readonly ModelRow[]): Map<string, Model> {
  const names = new Map(rows.map(({ model }) => [model.name, model]))
  for (const { model, aliases } of rows) {
    for (const { text, field } of aliases) {
      const owner = names.get(text)
      if (owner && owner !== model) field.refuse(`"${text}" already names the model ${owner.name}`)
      else if (owner) field.warn(`"${text}" already names this model`)
      else names.set(text, model)
    }
  }
  return names
}

/** A backend named in two models has one price for requests that name it directly: the first. */
function pricesOf (rows: readonly ModelRow[]): Map<string, Price> {
  const prices = new Map<string, Price>()
  for (const { model, field } of rows) {
    for (const backend of model.backends) setPrice(prices, backend, field)
  }
  return prices
}

function setPrice (prices: Map<string, Price>, { id, price }: Backend, field: Field): void {
  const known = prices.get(id)
  if (!price) return
  if (!known) prices.set(id, price)
  else if (known.version !== price.version) {
    field.warn(`${id} has another price in a model above; requests that name the backend directly get that one`)
  }
}
