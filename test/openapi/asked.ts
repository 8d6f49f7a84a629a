// What is asked of a broker whose answers are held against a document.

/** One request. */
export interface Asked {
  readonly method?: string
  /** As in the document; asked for as it is unless `url` says otherwise. */
  readonly path: string
  readonly url?: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

export const CHAT = { messages: [{ role: 'user', content: 'Hi' }] }

/** GET without a body, POST with one. */
export function methodOf ({ method, body }: Asked): string {
  return method ?? (body === undefined ? 'GET' : 'POST')
}

/** Text goes out as it is, a form as one, and anything else as JSON. */
export function sent ({ body, headers = {} }: Asked): RequestInit {
  if (body === undefined || body instanceof FormData) return { headers, body: body ?? null }
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { headers: { 'content-type': 'application/json', ...headers }, body: text }
}

/** A modelsconfig.yml with one model for each task, named after it and served at `url`. */
export function taskModels (url: string, tasks: readonly string[]): string {
  const prices = ['input_cost', 'output_cost', 'per_minute', 'per_million_characters', 'per_image']
  const rows = tasks.map((task) => `  ${task}:\n    capabilities: [${task}]\n    context_window: 1000\n    backends:\n` +
    `      - {provider: own, model_id: x, priority: 1, ${prices.map((name) => `${name}: 1`).join(', ')}}\n`)
  return `providers:\n  own: {wire: openai-chat, base_url: "${url}", credential: none}\nmodels:\n${rows.join('')}`
}

/** A recording to be transcribed. */
export function recordingForm (): FormData {
  const form = new FormData()
  form.set('model', 'transcription')
  form.set('file', new File([new Uint8Array(8)], 'a.mp3'))
  return form
}
