// The broker's own log: nothing that was written is lost, in whatever way the process ends.

import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openLog } from '../src/log.ts'
import { compiled } from './compiled.ts'

/** More than a batch. */
const MANY = 2_000
/** Less than a batch, and more than a page of memory. */
const FEW = 500

/** The numbers of the lines in a log. */
function numbersIn (text: string): number[] {
  return text.split('\n').slice(0, -1).map((line) => (JSON.parse(line) as { number: number }).number)
}

const UP_TO_MANY = Array.from({ length: MANY }, (_, number) => number)

t.test('lines are gathered, and a flush writes all of them', async (t) => {
  const path = join(t.testdir(), 'log')
  const descriptor = openSync(path, 'a')
  t.teardown(() => { closeSync(descriptor) })
  const { log, flush } = openLog('info', descriptor)
  log.info({ number: 0 })
  log.debug({ number: -1 })
  t.equal(readFileSync(path, 'utf8'), '')
  flush()
  t.same(numbersIn(readFileSync(path, 'utf8')), [0])
  log.info({ number: 1 })
  flush()
  flush()
  t.same(numbersIn(readFileSync(path, 'utf8')), [0, 1])
})

t.test('a process that exits leaves no line behind', async (t) => {
  for (const ending of ['process.exit(0)', '', 'process.exitCode = 0']) {
    const program = `import { openLog } from ${JSON.stringify(await compiled('src/log.ts'))}
      const { log } = openLog('info')
      for (let number = 0; number < ${MANY}; number++) log.info({ number })
      ${ending}`
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' })
    t.equal(status, 0)
    t.same(numbersIn(stderr).sort((a, b) => a - b), UP_TO_MANY, ending)
  }
})

t.test('a log that cannot be written is no reason to fail or to wait', async (t) => {
  const descriptor = openSync(join(t.testdir({ log: '' }), 'log'), 'r')
  t.teardown(() => { closeSync(descriptor) })
  const { log, flush } = openLog('info', descriptor)
  for (let number = 0; number < MANY; number++) log.info({ number })
  t.doesNotThrow(flush)
})

t.test('a full pipe gets the rest when somebody reads', async (t) => {
  const path = join(t.testdir(), 'pipe')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  t.teardown(() => { closeSync(reader); closeSync(writer) })
  writeSync(writer, Buffer.alloc(65_536 - 4_096, '\n')) // all that a pipe of Linux holds, but for one page
  const { log, flush } = openLog('info', writer)
  for (let number = 0; number < FEW; number++) log.info({ number })
  const bytes = Buffer.alloc(1_048_576)
  let text = ''
  for (let round = 0; round < 2; round++) {
    flush()
    text += bytes.toString('utf8', 0, readSync(reader, bytes))
  }
  t.same(numbersIn(text.trimStart()), UP_TO_MANY.slice(0, FEW))
})
