// One route on the page: what it does, what it takes, what it answers, and how to try it.

import {
  nameIn, resolved, type Answer, type MediaContent, type OpenapiDocument, type Operation, type Parameter, type Ref
} from './document-shape.ts'
import { html, inline, prose, type Html } from './html.ts'
import { curlOf, isOpen } from './page-curl.ts'
import { membersTable, typeOf } from './page-members.ts'
import type { Schema } from './schema.ts'

export interface PageRoute {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

const FAILED = /^[45]/

export function routeHtml ({ method, path, operation }: PageRoute, document: OpenapiDocument): Html {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation
  const answers = Object.entries(responses)
  return html`<article id="${operationId}">
<h3>${methodHtml(method)}<code>${path}</code></h3>
<p>${inline(summary)}.${isOpen(operation) ? html` <small>No key needed.</small>` : ''}</p>
${description === undefined ? '' : prose(description)}
${parameters.length === 0 ? '' : html`<h4>Parameters</h4>${parametersTable(parameters, document)}`}
${requestBody ? html`<h4>Body</h4>${contentHtml(requestBody.content, document)}` : ''}
${answers.filter(([status]) => !FAILED.test(status)).map((answer) => answerHtml(answer, document))}
<h4>What can go wrong</h4><p>${failureLinks(answers)}</p>
<h4>Try it</h4><pre><code>${curlOf(method, path, operation)}</code></pre>
</article>
`
}

export function methodHtml (method: string): Html {
  return html`<span class="method ${method}">${method.toUpperCase()}</span>`
}

function parametersTable (parameters: ReadonlyArray<Parameter | Ref>, { components }: OpenapiDocument): Html {
  const told = parameters.flatMap((one) => resolved(one, components.parameters) ?? [])
  const rows = told.map(({ name, in: place, required, schema, description }) => html`<tr><td><code>${name}</code>
<small>${place}${required ? ', required' : ''}</small></td><td>${typeOf(schema)}</td><td>${inline(description)}</td></tr>`)
  return html`<table><thead><tr><th>Name</th><th>Type</th><th>Meaning</th></tr></thead><tbody>${rows}</tbody></table>`
}

function answerHtml ([status, answer]: [string, Answer | Ref], document: OpenapiDocument): Html {
  const { description = '', content = {} } = resolved(answer, document.components.responses) ?? {}
  return html`<h4>Answer ${status}</h4><p>${inline(description)}</p>${contentHtml(content, document)}`
}

function contentHtml (content: MediaContent, { components }: OpenapiDocument): Html[] {
  return Object.entries(content).map(([type, { schema }]) => {
    const { $ref } = schema.anyOf?.[0] ?? schema // of several the first is what the route is for
    const named = $ref === undefined ? undefined : components.schemas[nameIn($ref)]
    return html`<p><code>${type}</code>${nameHtml(schema, named)}</p>${membersTable(named ?? schema)}`
  })
}

function nameHtml (schema: Schema, named: Schema | undefined): Html | undefined {
  return named && html` ${typeOf(schema)}. ${inline(named.description ?? '')}`
}

function failureLinks (answers: ReadonlyArray<[string, Answer | Ref]>): Html[] {
  return answers.flatMap(([status, answer]) =>
    '$ref' in answer ? [html`<a href="#${nameIn(answer.$ref)}">${status}</a> `] : [])
}
