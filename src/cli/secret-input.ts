// Reads a secret: piped through stdin, or typed without showing it. Never from the command line, where `ps` shows it.

import { CommandFailure } from './failure.ts'
import type { Input, Terminal } from './terminal.ts'

const LARGEST_BYTES = 64 * 1024
const ENTER = ['\r', '\n']
const END_OF_INPUT = '\u0004'
const INTERRUPT = '\u0003'
const ERASE = ['\u007f', '\b']

/** The text as it was given, without the last line break. @throws CommandFailure when there is none. */
export async function readSecretText ({ input, prompt }: Terminal, question: string): Promise<string> {
  const text = (input.isTTY ? await readHidden(input, prompt, question) : await readAll(input)).replace(/\r?\n$/, '')
  if (text.trim() === '') {
    throw new CommandFailure('wrong_usage', 'no key was given; type it at the prompt or pipe it through stdin')
  }
  return text
}

async function readAll (input: Input): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of input) {
    chunks.push(Buffer.from(chunk))
    bytes += chunk.length
    if (bytes > LARGEST_BYTES) throw new CommandFailure('wrong_usage', `stdin holds more than ${LARGEST_BYTES} bytes: that is not a key`)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function readHidden (input: Input, prompt: Terminal['prompt'], question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = ''
    const listen = (chunk: Buffer | string) => {
      for (const key of chunk.toString()) {
        if (key === INTERRUPT) return stop(() => { reject(new CommandFailure('failed', 'interrupted; nothing was stored')) })
        if (ENTER.includes(key) || key === END_OF_INPUT) return stop(() => { resolve(typed) })
        typed = ERASE.includes(key) ? typed.slice(0, -1) : typed + key
      }
    }
    // The terminal gets its echo back whatever happens next.
    const stop = (next: () => void) => {
      input.off('data', listen)
      input.setRawMode(false)
      input.pause()
      prompt('\n')
      next()
    }
    prompt(question)
    input.setRawMode(true)
    input.on('data', listen)
    input.resume()
  })
}
