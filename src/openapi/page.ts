// The document as a page: HTML and one style sheet, no script, nothing from anywhere else.

import { createHash } from 'node:crypto'
import type { OpenapiDocument } from './document-shape.ts'
import { html, inline, prose, Html } from './html.ts'
import { membersTable } from './page-members.ts'
import { methodHtml, routeHtml, type PageRoute } from './page-route.ts'
import { STYLE } from './page-style.ts'

interface Section {
  readonly name: string
  readonly description: string
  readonly routes: readonly PageRoute[]
}

/** Nothing may be loaded, sent or framed; the one style sheet is known by its hash. */
export function contentSecurityPolicy (): string {
  const hash = createHash('sha256').update(STYLE).digest('base64')
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
}

export function documentPage (document: OpenapiDocument): string {
  const { info, components } = document
  const sections = sectionsOf(document)
  const schemas = Object.entries(components.schemas)
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${info.title} ${info.version}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<nav aria-label="Contents">
${sections.map(contentsOf)}
<a href="#failures">Failures</a>
<a href="#schemas">Schemas</a>
<ul>${schemas.map(([name]) => html`<li><a href="#schema-${name}">${name}</a></li>`)}</ul>
</nav>
<main>
<h1>${info.title} <small>${info.version}</small></h1>
${prose(info.description)}
<p>The same for programs: <a href="/openapi.json">openapi.json</a>. The examples are for a shell that knows where the broker is:</p>
<pre><code>export AIBROKER=http://127.0.0.1:8791
export AIBROKER_KEY=…</code></pre>
${sections.map(({ name, description, routes }) => html`<section id="group-${name}"><h2>${name}</h2>
<p class="soft">${inline(description)}</p>
${routes.map((route) => routeHtml(route, document))}</section>
`)}
<section id="failures"><h2>Failures</h2>
<p class="soft">All in one envelope: <a href="#schema-Failure">Failure</a>. "metadata.reason" says which of these it is.</p>
${Object.entries(components.responses).map(([name, { description }]) =>
    html`<article id="${name}"><h3>${name.replace(/Failure|_.*/g, '')}</h3>${prose(description)}</article>
`)}</section>
<section id="schemas"><h2>Schemas</h2>
${schemas.map(([name, schema]) => html`<article id="schema-${name}"><h3>${name}</h3><p>${inline(schema.description ?? '')}</p>
${membersTable(schema)}</article>
`)}</section>
</main>
</body>
</html>
`.markup
}

function contentsOf ({ name, routes }: Section): Html {
  return html`<a href="#group-${name}">${name}</a>
<ul>${routes.map(({ method, path, operation }) =>
    html`<li><a href="#${operation.operationId}">${methodHtml(method)}${path}</a></li>`)}</ul>
`
}

/** Groups that have routes, in the document's order. */
function sectionsOf ({ tags, paths }: OpenapiDocument): Section[] {
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })))
  return tags.map(({ name, description }) =>
    ({ name, description, routes: routes.filter(({ operation }) => operation.tags.includes(name)) }))
    .filter(({ routes }) => routes.length > 0)
}
