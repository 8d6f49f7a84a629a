// Schemas as people read them: a table of members, nested ones by their path, and a link where a schema has a name.

import { nameIn } from './document-shape.ts'
import { html, inline, type Html } from './html.ts'
import type { Schema } from './schema.ts'

interface Row {
  /** `architecture.modality`, `data[].id` */
  readonly path: string
  readonly schema: Schema
  readonly isRequired: boolean
}

/** The members of a schema; of one without members what it is. */
export function membersTable (schema: Schema): Html {
  const rows = rowsOf(schema, '')
  if (rows.length === 0) return html`<p>${typeOf(schema)} ${inline(schema.description ?? '')}</p>`
  return html`<table><thead><tr><th>Member</th><th>Type</th><th>Meaning</th></tr></thead><tbody>${rows.map(rowHtml)}</tbody></table>`
}

function rowHtml ({ path, schema, isRequired }: Row): Html {
  const mark = isRequired ? html`` : html` <small>optional</small>`
  return html`<tr><td><code>${path}</code>${mark}</td><td>${typeOf(schema)}</td><td>${inline(meaningOf(schema))}</td></tr>`
}

function rowsOf (schema: Schema, prefix: string): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const path = `${prefix}${name}`
    const isRequired = schema.required?.includes(name) === true
    return [{ path, schema: member, isRequired }, ...rowsOf(member, `${path}.`), ...rowsOfItems(member, path)]
  })
}

function rowsOfItems ({ items, anyOf }: Schema, path: string): Row[] {
  const nested = items ? rowsOf(items, `${path}[].`) : []
  return [...nested, ...(anyOf ?? []).flatMap((one) => rowsOf(one, `${path}.`))]
}

function meaningOf ({ description = '', enum: values }: Schema): string {
  if (!values) return description
  const words = values.map((value) => `\`${JSON.stringify(value)}\``).join(', ')
  return description === '' ? words : `${description} ${words}`
}

/** In a few words, with a link to a schema that has a name. */
export function typeOf (schema: Schema): Html {
  const { $ref, anyOf, items, type, format } = schema
  if ($ref !== undefined) return refLink($ref)
  if (anyOf) return joined(anyOf.map(typeOf))
  if (type === 'array' && items) return html`list of ${typeOf(items)}`
  return html`${type === undefined ? 'anything' : [type].flat().join(' or ')}${format === undefined ? '' : `, ${format}`}`
}

function refLink (ref: string): Html {
  const name = nameIn(ref)
  return html`<a href="#schema-${name}">${name}</a>`
}

function joined (parts: readonly Html[]): Html {
  return html`${parts.map((part, at) => at === 0 ? part : html` or ${part}`)}`
}
