// Stands in for `docker compose config` where there is no Docker: the file is YAML without duplicate keys, every named
// volume is declared, and nothing is published beyond loopback.

import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'

const [, , path] = process.argv
const document = parseDocument(readFileSync(path, 'utf8'), { uniqueKeys: true })
const problems = document.errors.map((error) => error.message)
const { services = {}, volumes = {} } = document.toJS() ?? {}

if (Object.keys(services).length === 0) problems.push('no services')
for (const [name, service] of Object.entries(services)) {
  if (!service?.image && !service?.build) problems.push(`services.${name}: neither image nor build`)
  for (const port of service?.ports ?? []) {
    if (!/^127\.0\.0\.1:\d+:\d+$/.test(port)) problems.push(`services.${name}.ports: ${port} is not on 127.0.0.1`)
  }
  for (const mount of service?.volumes ?? []) {
    const [source] = String(mount).split(':')
    if (/^\w/.test(source) && !(source in volumes)) problems.push(`services.${name}.volumes: ${source} is not declared`)
  }
}

for (const problem of problems) console.error(`${path}: ${problem}`)
process.exitCode = problems.length === 0 ? 0 : 1
