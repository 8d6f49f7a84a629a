// OpenRouter's dialect, checks 69-72: speech, and recordings as forms and as JSON.

import OpenAI, { toFile } from 'openai'
import t, { type Test } from 'tap'
import { gateway, post, type TestGateway } from '../helper.ts'
import { leapingClock } from '../promises/observe.ts'
import { answerJson, provider, speechBytes, status, transcriptionJson, type Answer, type TestProvider } from '../upstreams.ts'
import { errorOf, openrouterScene, scene } from './scene.ts'

const SOUND = Buffer.from('fffb14c0', 'hex')
const SPEECH = { model: 'm', input: 'Hello', voice: 'alloy' }
const TTS = { modelYaml: 'capabilities: [tts]' }
const STT = { modelYaml: 'capabilities: [stt]', yaml: 'per_minute: 1' }
const RECORDING = { data: Buffer.from('RIFF, say').toString('base64'), format: 'wav' }

async function speak ({ url }: TestGateway, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/audio/speech`, {
    method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body)
  })
  return { status: response.status, type: response.headers.get('content-type'), bytes: Buffer.from(await response.arrayBuffer()) }
}

t.test('69: speech without a format is MP3, PCM is what it says, also where a provider does not tell', async (t) => {
  for (const [told, format, type] of [
    ['audio/mpeg', undefined, 'audio/mpeg'], ['application/octet-stream', undefined, 'audio/mpeg'],
    ['audio/mp3', 'mp3', 'audio/mpeg'], ['application/octet-stream', 'pcm', 'audio/pcm'], ['audio/pcm', 'pcm', 'audio/pcm'],
    ['application/octet-stream', 'xyz', 'application/octet-stream'], ['audio/pcm;rate=24000', 'pcm', 'audio/pcm;rate=24000']
  ] as const) {
    const { broker } = await scene(t, speechBytes(SOUND, told), TTS)
    const answer = await speak(broker, { ...SPEECH, response_format: format })
    t.same([answer.status, answer.type, answer.bytes], [200, type, SOUND], `${told} ${format}`)
  }
})

t.test('69: OpenRouter, which would send PCM, is asked for MP3; what the client names stays', async (t) => {
  const { broker, upstream } = await openrouterScene(t, speechBytes(), TTS.modelYaml)
  await speak(broker, SPEECH)
  await speak(broker, { ...SPEECH, response_format: 'pcm' })
  t.same(upstream.requests.map(({ body }) => JSON.parse(body).response_format), ['mp3', 'pcm'])
  const { broker: other, upstream: own } = await scene(t, speechBytes(), TTS)
  await speak(other, SPEECH)
  t.equal(JSON.parse(own.requests[0]?.body ?? '').response_format, undefined, 'OpenAI\'s default is MP3')
})

t.test('69: a voice or a model that nobody knows is an error in JSON', async (t) => {
  const refusal = status(400, { error: { message: 'no voice called nobody', param: 'voice', code: 'invalid_value' } })
  const { broker } = await scene(t, refusal, TTS)
  const voice = await post(`${broker.url}/audio/speech`, { ...SPEECH, voice: 'nobody' })
  t.match(voice.headers.get('content-type'), 'application/json')
  t.match([voice.status, errorOf(voice)], [400, { code: 400, param: 'voice', message: /no voice called nobody/ }])
  const model = await post(`${broker.url}/audio/speech`, { ...SPEECH, model: 'nobody' })
  t.match([model.status, errorOf(model)], [400, { message: /nobody is not a valid model ID/ }])
})

t.test('70: a recording sent as a form comes back as text', async (t) => {
  const { broker } = await scene(t, transcriptionJson({ text: 'Hello' }), STT)
  const client = new OpenAI({ apiKey: 'any', baseURL: broker.url, maxRetries: 0 })
  const { text } = await client.audio.transcriptions.create({ model: 'm', file: await toFile(Buffer.alloc(64), 'a.wav') })
  t.equal(text, 'Hello')
})

t.test('70: one sent as JSON comes back as the same, and its provider gets a form', async (t) => {
  const answer = transcriptionJson({ text: 'Hello', usage: { type: 'duration', seconds: 3 } })
  const { broker, upstream } = await scene(t, answer, STT)
  const reply = await post(`${broker.url}/audio/transcriptions`, {
    model: 'm',
    input_audio: RECORDING,
    language: 'en',
    temperature: 0.5,
    prompt: null,
    'a"b': 'x',
    file: ['x'],
    response_format: 'json',
    timestamp_granularities: ['word', 'segment'],
    provider: { sort: 'price' }
  })
  t.match([reply.status, reply.json()], [200, { text: 'Hello', x_aibroker: { cost_usd: '0.050000000' } }])
  const form = await formOf(upstream)
  const { file, ...fields } = Object.fromEntries(form)
  t.same(fields, {
    model: 'm-upstream', language: 'en', temperature: '0.5', response_format: 'json', 'timestamp_granularities[]': 'segment'
  })
  t.same(form.getAll('timestamp_granularities[]'), ['word', 'segment'])
  t.same([(file as File).name, (file as File).type, await (file as File).text()], ['recording.wav', 'audio/wav', 'RIFF, say'])
})

t.test('70: OpenRouter gets the JSON as it came', async (t) => {
  const theirs = { text: 'Hello', usage: { seconds: 3, cost: 0.001 } }
  const { broker, upstream } = await openrouterScene(t, answerJson(theirs), STT.modelYaml)
  const reply = await post(`${broker.url}/audio/transcriptions`, { model: 'm', input_audio: RECORDING })
  t.same(reply.json(), theirs)
  t.equal(reply.headers.get('x-aibroker-cost-usd'), '0.001000000')
  t.same(JSON.parse(upstream.requests[0]?.body ?? ''), { model: 'author/m', input_audio: RECORDING })
})

t.test('70: a JSON body without a recording, or with one nobody can read, is a 400 that says so', async (t) => {
  const { broker, upstream } = await scene(t, transcriptionJson(), STT)
  for (const audio of [
    undefined, 'AAAA', {}, { data: 'AAAA' }, { data: '', format: 'wav' }, { data: 'AAAA', format: 'w"v' },
    { data: 'data:audio/wav;base64,AAAA', format: 'wav' }
  ]) {
    const reply = await post(`${broker.url}/audio/transcriptions`, { model: 'm', input_audio: audio })
    t.match([reply.status, errorOf(reply)], [400, { param: 'input_audio', message: /"input_audio" (must|has)/ }])
  }
  t.equal(upstream.requests.length, 0)
})

t.test('71: whisper-1 is answered by the third provider when two fail, and directly where only that one has a key', async (t) => {
  const answers: readonly Answer[] = [status(500), status(500), transcriptionJson({ text: 'by OpenAI' })]
  const { broker, upstreams } = await whisper(t, answers, ['GROQ', 'SAMBANOVA', 'OPENAI'])
  const reply = await post(`${broker.url}/audio/transcriptions`, { model: 'whisper-1', input_audio: RECORDING })
  t.match([reply.json().text, reply.headers.get('x-aibroker-provider')], ['by OpenAI', 'openai'])
  for (const upstream of upstreams) t.ok(upstream.requests.length > 0)
  const form = await formOf(upstreams[2] as TestProvider)
  t.equal(form.get('model'), 'whisper-1')

  const alone = await whisper(t, answers, ['OPENAI'])
  const direct = await post(`${alone.broker.url}/audio/transcriptions`, { model: 'whisper-1', input_audio: RECORDING })
  t.equal(direct.json().text, 'by OpenAI')
  t.equal(direct.headers.get('x-aibroker-attempts'), '1')
  t.same(alone.upstreams.map(({ requests }) => requests.length), [0, 0, 1])
})

t.test('71: where none of them has a key the error names them, and what would help', async (t) => {
  const { broker } = await whisper(t, [status(500), status(500), status(500)], ['MISTRAL'])
  const form = new FormData()
  form.set('model', 'whisper-1')
  form.set('file', new File([new Uint8Array(8)], 'a.wav'))
  const response = await fetch(`${broker.url}/audio/transcriptions`, { method: 'POST', body: form })
  const { error } = await response.json() as any
  t.equal(response.status, 404)
  for (const words of ['groq:', 'sambanova:', 'openai:', 'set GROQ_API_KEY']) t.match(error.message, words)
})

t.test('72: a recording over the limit is a 413 that says how large it may be; one byte less is heard', async (t) => {
  const upstream = await provider(t, transcriptionJson())
  const env = { AIBROKER_RECORDING_LIMIT: '1000' }
  const models = { m: [{ url: upstream.url, yaml: STT.yaml }] }
  const broker = await gateway(t, { models, modelYaml: STT.modelYaml, env })
  for (const send of [sendForm, sendJson]) {
    t.equal((await send(broker, 1_000)).status, 200)
    const refused = await send(broker, 1_001)
    t.equal(refused.status, 413)
    t.match(await refused.json(), {
      error: {
        code: 413,
        message: 'The recording is larger than 1000 bytes (AIBROKER_RECORDING_LIMIT). Send it compressed, or in parts.',
        metadata: { error_type: 'payload_too_large', reason: 'recording_too_large' }
      }
    })
  }
  t.equal(upstream.requests.length, 2)
})

t.test('72: unless the operator says otherwise, that is 25 MiB', async (t) => {
  const { broker } = await scene(t, transcriptionJson(), STT)
  t.equal(broker.gateway.settings.limits.recording, 26_214_400)
  const refused = await sendForm(broker, 26_214_401)
  t.match([refused.status, await refused.json()], [413, { error: { message: /larger than 26214400 bytes/ } }])
})

function sendForm ({ url }: TestGateway, bytes: number): Promise<Response> {
  const form = new FormData()
  form.set('model', 'm')
  form.set('file', new File([new Uint8Array(bytes)], 'a.wav'))
  return fetch(`${url}/audio/transcriptions`, { method: 'POST', body: form })
}

function sendJson ({ url }: TestGateway, bytes: number): Promise<Response> {
  const body = JSON.stringify({ model: 'm', input_audio: { data: Buffer.alloc(bytes).toString('base64'), format: 'wav' } })
  return fetch(`${url}/audio/transcriptions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
}

/** What the provider was sent, as any server would read it. */
async function formOf ({ requests }: TestProvider): Promise<FormData> {
  const { body, headers } = requests.at(-1) ?? {}
  return await new Response(body ?? '', { headers: { 'content-type': String(headers?.['content-type']) } }).formData()
}

/** `whisper-1` at Groq, SambaNova and OpenAI, those of `keyed` with a key. */
async function whisper (t: Test, answers: readonly Answer[], keyed: readonly string[]) {
  const names = ['GROQ', 'SAMBANOVA', 'OPENAI']
  const upstreams: TestProvider[] = []
  for (const answer of answers) upstreams.push(await provider(t, answer))
  const rows = names.map((name, at) => `      - provider: ${name.toLowerCase()}\n        model_id: whisper-1\n        priority: ${at + 1}\n`)
  const env = Object.fromEntries([
    ...keyed.map((name) => [`${name}_API_KEY`, `sk-canary-${name}`]),
    ...names.map((name, at) => [`${name}_BASE_URL`, upstreams[at]?.url ?? ''])
  ]) as Record<string, string>
  const config = `models:\n  whisper-1:\n    capabilities: [transcription]\n    backends:\n${rows.join('')}`
  return { broker: await gateway(t, { config, env, clock: leapingClock('hasty') }), upstreams }
}
