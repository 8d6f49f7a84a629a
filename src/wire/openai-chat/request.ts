// The declared splices of a request on its way to a backend of the same wire: the model id, and the usage switch.

import { asObject, type JsonBody } from '../../core/json.ts'
import type { RequestTarget } from '../format.ts'

/** Members to change, as JSON text. Empty: the client's own bytes go upstream. */
export function changesFor (body: JsonBody, target: RequestTarget): Map<string, string | undefined> {
  const changes = new Map<string, string | undefined>()
  if (target.modelId !== body.value['model']) changes.set('model', JSON.stringify(target.modelId))
  const options = asObject(body.value['stream_options'])
  if (target.envelope.isStream && target.mayAskUsage && options?.['include_usage'] !== true) {
    // Without this a provider never tells what the stream cost. A client that did not ask does not see the extra chunk.
    changes.set('stream_options', JSON.stringify({ ...options, include_usage: true }))
  }
  return changes
}
