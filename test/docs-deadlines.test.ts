// The README's table of deadlines cannot drift from the words, headers, variables and defaults of the program.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readDeadlineHeaders } from '../routes/exchange-headers.ts'
import { DEADLINE_WORDS } from '../src/core/deadline-words.ts'
import { STREAM_MODES } from '../src/core/stream-mode.ts'
import { readSettings } from '../src/settings.ts'

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8')
const section = readme.split(/^## /m).find((part) => part.startsWith('Deadlines and stream modes\n')) ?? ''
const rows = section.split('\n').filter((line) => line.startsWith('| ')).map((line) => line.split('|').map((cell) => cell.trim()))

t.test('every deadline has its row: default, variable, word of the file and header are those that work', async (t) => {
  for (const [word, name] of Object.entries(DEADLINE_WORDS)) {
    const [, , fallback = '', variable = '', , header = ''] = rows.find((cells) => cells[4] === `\`${word}\``) ?? []
    t.equal(fallback, `${readSettings({}, {}).deadlines[name] / 1_000} s`, word)
    t.equal(readSettings({}, { [variable.replaceAll('`', '')]: '4321' }).deadlines[name], 4_321, variable)
    t.same(readDeadlineHeaders({ [header.replaceAll('`', '').toLowerCase()]: '7' }, 10_000), { [name]: 7_000 }, header)
  }
})

t.test('every stream mode has its row', async (t) => {
  const listed = rows.map(([, cell = '']) => cell.replaceAll('`', ''))
  t.same(STREAM_MODES.filter((mode) => !listed.includes(mode)), [])
})
