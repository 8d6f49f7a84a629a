// The envelope of a multipart request (transcriptions): the same facts as of JSON, from form fields.

import type { Envelope } from '../../core/ask.ts'
import type { FormField } from '../multipart.ts'
import { readModel } from './envelope.ts'

/** @throws GatewayError `missing_model` or `invalid_body`. */
export function readFormEnvelope (fields: ReadonlyMap<string, FormField>, bodyBytes: number): Envelope {
  return {
    model: readModel(fields.get('model')?.value.trim()),
    isStream: fields.get('stream')?.value.trim() === 'true',
    needs: [],
    bodyBytes,
    maxOutputTokens: undefined,
    choices: 1,
    wantsUsage: true,
    characters: undefined
  }
}
