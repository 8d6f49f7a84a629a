// The silent prompt: what is typed never shows, and the terminal gets its echo back on every way out.

import { PassThrough } from 'node:stream'
import t from 'tap'
import { readSecretText } from '../../src/cli/secret-input.ts'
import { systemTerminal, type Input, type Terminal } from '../../src/cli/terminal.ts'

function typing () {
  const shown: string[] = []
  const modes: boolean[] = []
  const keyboard = new PassThrough()
  const input = Object.assign(keyboard, {
    isTTY: true,
    setRawMode (isRaw: boolean) {
      modes.push(isRaw)
      return input
    }
  }) as unknown as Input
  const terminal: Terminal = { ...systemTerminal, input, prompt: (text) => { shown.push(text) } }
  return { answer: readSecretText(terminal, 'Key: '), type: (text: string) => { keyboard.write(text) }, shown, modes }
}

t.test('what is typed is read and not shown', async (t) => {
  const { answer, type, shown, modes } = typing()
  type('sk-')
  type('secret')
  type('\r')
  t.equal(await answer, 'sk-secret')
  t.same(shown, ['Key: ', '\n'])
  t.same(modes, [true, false], 'echo off, echo on')
})

t.test('a mistake can be taken back', async (t) => {
  const { answer, type } = typing()
  type('skx\u007f-y\b1\n')
  t.equal(await answer, 'sk-1')
})

t.test('a pasted key with its line break is one answer', async (t) => {
  const { answer, type } = typing()
  type('sk-pasted\n')
  t.equal(await answer, 'sk-pasted')
})

t.test('Ctrl-C ends it without an answer, and the echo is back', async (t) => {
  const { answer, type, modes } = typing()
  type('sk-sec\u0003')
  await t.rejects(answer, { kind: 'failed', message: /nothing was stored/ })
  t.same(modes, [true, false])
})

t.test('Enter alone is no key', async (t) => {
  const { answer, type } = typing()
  type('\r')
  await t.rejects(answer, { kind: 'wrong_usage', message: /no key was given/ })
})
