// What other people's texts can do to a terminal: nothing.

import t from 'tap'
import { plain, plainJson, table } from '../../src/cli/plain-text.ts'

const HOSTILE = [
  ['an escape sequence', '\u001b[2Jgone'],
  ['a C1 control sequence', '\u009b31mred'],
  ['a line break', 'one\ntwo'],
  ['a carriage return', 'real\rfake'],
  ['a bell and a backspace', 'a\u0007\b'],
  ['DEL', 'a\u007f'],
  ['text that runs the other way', 'safe\u202etxe.exe'],
  ['an invisible space', 'gpt\u200b-4o'],
  ['a line separator', 'a\u2028b'],
  ['half a character', 'a\ud800']
] as const

// eslint-disable-next-line no-control-regex
const DANGEROUS = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\ud800-\udfff]/

for (const [sentence, text] of HOSTILE) {
  t.test(`${sentence} is shown as something harmless, in text, tables and JSON`, async (t) => {
    t.notMatch(plain(text), DANGEROUS)
    t.match(plain(text), '\ufffd')

    const lines = table([{ title: 'x', align: 'left' }], [[text]]).split('\n')
    t.equal(lines.length, 3, 'title, rule, row')
    for (const line of lines) t.notMatch(line, DANGEROUS)

    const json = plainJson({ text })
    t.notMatch(json.replaceAll('\n', ''), DANGEROUS)
    t.equal(JSON.parse(json).text, text, 'JSON loses nothing')
  })
}

t.test('ordinary text of any language stays as it is', async (t) => {
  for (const text of ['gpt-4o', 'Größe', '模型', 'модель', '🙂']) {
    t.equal(plain(text), text)
    t.match(plainJson(text), text)
  }
})

t.test('columns line up, numbers to the right, totals under a rule', async (t) => {
  const columns = [{ title: 'name', align: 'left' }, { title: 'n', align: 'right' }] as const
  t.equal(table(columns, [['a', '1'], ['größer', '20']], ['total', '21']), [
    'name     n',
    '------  --',
    'a        1',
    'größer  20',
    '------  --',
    'total   21'
  ].join('\n'))
})
