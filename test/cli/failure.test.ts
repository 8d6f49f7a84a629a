// One sentence and one exit code for every way to fail.

import { mkdirSync } from 'node:fs'
import t from 'tap'
import { CommandFailure, report } from '../../src/cli/failure.ts'
import { systemTerminal, type Terminal } from '../../src/cli/terminal.ts'
import { SettingsError } from '../../src/settings.ts'

function listen () {
  const notes: string[] = []
  const terminal: Terminal = { ...systemTerminal, note: (text) => { notes.push(text) } }
  return { notes, terminal }
}

function errorOf (fn: () => void): unknown {
  try {
    fn()
  } catch (error) {
    return error
  }
}

const CASES: ReadonlyArray<readonly [sentence: string, error: unknown, code: number, says: RegExp]> = [
  ['a failed command is 1', new CommandFailure('failed', 'it differs'), 1, /^aibroker: it differs$/],
  ['wrong usage is 2', new CommandFailure('wrong_usage', 'no such flag'), 2, /^aibroker: no such flag$/],
  ['a wrong setting is 2', new SettingsError('--port must be'), 2, /^aibroker: --port must be$/],
  ['something missing is 3', new CommandFailure('not_found', 'not there'), 3, /^aibroker: not there$/],
  ['what the system refuses is 1, in its words', errorOf(() => { mkdirSync('/dev/null/x') }), 1, /ENOTDIR.*\/dev\/null\/x/],
  ['everything else is 70', new TypeError('x is\n undefined'), 70, /^aibroker: internal error: x is undefined \(/],
  ['even what is no error', 'thrown text', 70, /internal error: thrown text/]
]

for (const [sentence, error, code, says] of CASES) {
  t.test(sentence, async (t) => {
    const { notes, terminal } = listen()
    t.equal(report(error, false, terminal), code)
    t.equal(notes.length, 1)
    t.match(notes[0], says)
    t.notMatch(notes[0], '\n')

    t.equal(report(error, true, terminal), code)
    t.match(JSON.parse(notes[1] ?? ''), { error: { message: String, exit_code: code } })
  })
}
