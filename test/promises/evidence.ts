// What a broker said and wrote, kept byte for byte to be searched.

import { EventEmitter, once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'

/** Everything that came out, by where. */
export class Evidence extends Map<string, Buffer> {
  note (place: string, content: string | Buffer): void {
    this.set(`${this.size} ${place}`, Buffer.from(content))
  }

  noteFiles (what: string, files: ReadonlyMap<string, Buffer>): void {
    for (const [name, bytes] of files) this.note(`${what} ${name}`, bytes)
  }
}

/** Hears when an answer's first bytes are here. */
export const client = new EventEmitter()

async function readAll (response: IncomingMessage): Promise<string> {
  let answer = ''
  try {
    for await (const chunk of response) {
      answer += String(chunk)
      client.emit('bytes')
    }
  } catch (error) {
    answer += ` cut: ${(error as Error).message}`
  }
  return answer
}

/** One request with exactly these headers; the answer's head and body are evidence. Gives back the generation id. */
export async function ask (
  url: string, evidence: Evidence, { path = '/v1/chat/completions', headers, body }: {
    path?: string, headers: Record<string, string>, body?: string | undefined
  }
): Promise<string | undefined> {
  const outgoing = request(url + path, { method: body === undefined ? 'GET' : 'POST', headers, agent: false })
  outgoing.end(body)
  const [response] = await once(outgoing, 'response') as [IncomingMessage]
  const answer = await readAll(response)
  const place = `${path.split('?')[0]} ${Object.keys(headers).join()} ${body?.slice(0, 40)}`
  evidence.note(place, `${response.statusCode} ${response.rawHeaders.join('\n')}\n\n${answer}`)
  return response.headers['x-generation-id'] as string | undefined
}
