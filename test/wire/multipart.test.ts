// Which fields a form has, and which forms are refused because the provider's parser could find another model in them.

import t from 'tap'
import { boundaryOf, MultipartError, MultipartScanner } from '../../src/wire/multipart.ts'

const MODEL = part('Content-Disposition: form-data; name="model"', 'whisper-1')
const FILE = part('Content-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav', 'RIFF\0\r\n-\n')

function part (headers: string, content: string): string {
  return `--BB\r\n${headers}\r\n\r\n${content}\r\n`
}

function form (...parts: string[]): string {
  return `${parts.join('')}--BB--\r\n`
}

function scan (text: string, size = text.length) {
  const scanner = new MultipartScanner('BB')
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) scanner.push(bytes.subarray(at, at + size))
  scanner.end()
  return scanner.fields
}

t.test('fields are found where they are, however the bytes arrive', async (t) => {
  const text = `preamble\r\n${form(FILE, MODEL, part('content-disposition:form-data; name=n', ''))}epilogue`
  for (let size = 1; size <= text.length; size++) {
    const fields = scan(text, size)
    const { value, start, end } = fields.get('model') ?? { value: '', start: 0, end: 0 }
    t.equal(value, 'whisper-1')
    t.equal(text.slice(start, end), 'whisper-1')
    t.same([...fields.keys()], ['model', 'n'])
    t.equal(fields.get('n')?.value, '')
  }
})

const SPELLINGS = [
  'form-data; name=model', 'form-data;name="model"', 'Form-Data; NAME="model"', 'form-data; name = "model" ;',
  'form-data; x="; name=other"; name="model"'
]
for (const spelling of SPELLINGS) {
  t.test(`the model is found in: ${spelling}`, async (t) => {
    t.equal(scan(form(part(`Content-Disposition: ${spelling}`, 'm'))).get('model')?.value, 'm')
  })
}

t.test('only the real header names a part', async (t) => {
  const headers = 'X-Content-Disposition: form-data; name="prompt"\r\nContent-Disposition: form-data; name="model"'
  t.equal(scan(form(part(headers, 'm'))).get('model')?.value, 'm')
})

const SECOND_MODELS = [
  'name="model"', 'name=model', 'name="Model"', 'name="MODEL "', 'name="model[]"', 'name="model"; filename="x"'
]
for (const second of SECOND_MODELS) {
  t.test(`a second model is refused: ${second}`, async (t) => {
    const other = part(`Content-Disposition: form-data; ${second}`, 'gpt-4o-transcribe')
    for (const text of [form(MODEL, other), form(other, MODEL)]) {
      t.throws(() => scan(text), new MultipartError('"model" is there twice'))
      t.throws(() => scan(text, 1), new MultipartError('"model" is there twice'))
    }
  })
}

t.test('a model too long to be a field is still a second one', async (t) => {
  const long = part('Content-Disposition: form-data; name="model"', 'x'.repeat(70_000))
  t.throws(() => scan(form(long, MODEL)), { message: '"model" is there twice' })
})

const NAME = 'Content-Disposition: form-data; name="model"'
const BROKEN: ReadonlyArray<readonly [says: string, text: string, message: RegExp]> = [
  ['no disposition', form(part('Content-Type: text/plain', 'm')), /no Content-Disposition/],
  ['no headers at all', form('--BB\r\n\r\nm\r\n'), /no Content-Disposition/],
  ['two dispositions', form(part(`Content-Disposition: form-data; name="n"\r\n${NAME}`, 'm')), /two Content-Dispositions/],
  ['a disposition without a name', form(part('Content-Disposition: form-data', 'm')), /cannot be read/],
  ['a disposition of another kind', form(part('Content-Disposition: attachment; name="model"', 'm')), /cannot be read/],
  ['a name that does not end', form(part('Content-Disposition: form-data; name="model', 'm')), /cannot be read/],
  ['a name with an escape', form(part('Content-Disposition: form-data; name="mo\\del"', 'm')), /cannot be read/],
  ['two names', form(part(`${NAME}; name="n"`, 'm')), /cannot be read/],
  ['an RFC 2231 name', form(part('Content-Disposition: form-data; name="n"; name*=utf-8\'\'model', 'm')), /cannot be read/],
  ['a name in pieces', form(part('Content-Disposition: form-data; name="n"; name*0=model', 'm')), /cannot be read/],
  ['a folded header', form(part('Content-Disposition: form-data;\r\n name="model"', 'm')), /header that cannot be read/],
  ['a bare line break in a header', form(part(`X: y\n${NAME}`, 'm')), /header that cannot be read/],
  ['a space before the colon', form(part('Content-Disposition : form-data; name="model"', 'm')), /header that cannot/],
  ['a boundary with something behind it', form(`--BBx\r\n${NAME}\r\n\r\nm\r\n`), /not alone on its line/],
  ['a boundary behind a bare LF', form(`${MODEL.slice(0, -2)}\n${MODEL}`), /not CRLF/],
  ['a boundary right behind the headers', form(`--BB\r\n${NAME.replace('model', 'n')}\r\n\r\n${MODEL}`), /no line break/],
  ['a part behind the closing boundary', `${form(MODEL)}${MODEL}`, /follows the closing boundary/],
  ['a closing boundary that is none to others', form(MODEL).replace('--BB--', '--BB--x'), /follows the closing boundary/],
  ['no closing boundary', MODEL, /ends before its closing boundary/]
]
for (const [says, text, message] of BROKEN) {
  t.test(`refused: ${says}`, async (t) => {
    for (const size of [text.length, 1, 7]) t.throws(() => scan(text, size), { constructor: MultipartError, message })
  })
}

t.test('the boundary of a content type is the only one there', async (t) => {
  t.equal(boundaryOf('multipart/form-data; boundary=BB'), 'BB')
  t.equal(boundaryOf('multipart/form-data; charset=utf-8; Boundary="B B"'), 'B B')
  t.equal(boundaryOf('multipart/form-data;boundary="--=_x:y"'), '--=_x:y')
  t.equal(boundaryOf('multipart/form-data; x="; boundary=AA"; boundary=BB'), 'BB')
  for (const without of [
    'multipart/form-data', 'multipart/form-data; boundary=', 'multipart/form-data; boundary=BB; boundary=CC',
    'multipart/form-data; boundary=BB; BOUNDARY="CC"', `multipart/form-data; boundary=${'x'.repeat(71)}`
  ]) t.equal(boundaryOf(without), undefined, without)
})
