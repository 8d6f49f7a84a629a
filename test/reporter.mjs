// Shows what failed, then one last line a script can read: "N passed, N failed".
// A test is one t.test() block; a file that dies outside of any test counts as one failure.

import { Transform } from 'node:stream'
import { writeFileSync } from 'node:fs'

const POINT = /^( *)(not )?ok \d+ - (.*?)(?: # (skip|todo)\b.*)?(?: # time=[\d.]+m?s)?(?: \{)?$/i
const FILE = 0
const TEST = 4

export default class Summary extends Transform {
  #rest = ''
  #summary = { passed: 0, failed: 0, skipped: 0, failures: [] }
  #test = []
  #failedInFile = 0

  _transform (chunk, _encoding, done) {
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#read(line)
    done()
  }

  _flush (done) {
    this.#read(this.#rest)
    const { passed, failed } = this.#summary
    if (process.env.TEST_REPORT) writeFileSync(process.env.TEST_REPORT, JSON.stringify(this.#summary, null, 2) + '\n')
    this.push(`${passed} passed, ${failed} failed\n`)
    done()
  }

  #read (line) {
    this.#test.push(line)
    const point = POINT.exec(line)
    if (!point) return
    const [, { length: depth }, not, name, directive] = point
    if (depth === TEST) this.#close(name, !not, directive)
    if (depth === FILE) this.#closeFile(name, !not)
  }

  #close (name, ok, directive) {
    if (directive) this.#summary.skipped++
    else if (ok) this.#summary.passed++
    else this.#fail(name)
    this.#test = []
  }

  #closeFile (name, ok) {
    if (!ok && this.#failedInFile === 0) this.#fail(name)
    this.#failedInFile = 0
    this.#test = []
  }

  #fail (name) {
    this.#summary.failed++
    this.#summary.failures.push(name)
    this.#failedInFile++
    this.push(this.#test.join('\n') + '\n')
  }
}
