import t from 'tap'
import { ERRORS, GatewayError, type ErrorCode } from '../../../src/core/errors.ts'
import { encodeError, errorHeaders } from '../../../src/wire/openai-chat/errors.ts'

t.test('every failure of the table has an integer code, OpenRouter\'s type and our reason', async (t) => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    t.match(encodeError(new GatewayError(code), 'req-1'), {
      error: {
        code: ERRORS[code].status,
        type: ERRORS[code].type,
        param: null,
        metadata: { error_type: ERRORS[code].errorType, reason: code, request_id: 'req-1' }
      }
    })
  }
})

t.test('extras come through: status, parameter and metadata', async (t) => {
  const error = new GatewayError('upstream_refused', { provider: 'groq', reason: 'no' }, {
    status: 422,
    param: 'messages',
    metadata: { provider_name: 'Groq', raw: '{"x":1}' }
  })
  t.match(encodeError(error, 'req-1'), {
    error: {
      code: 422,
      param: 'messages',
      message: 'groq refused the request: no',
      metadata: { error_type: 'unprocessable', provider_name: 'Groq', raw: '{"x":1}' }
    }
  })
})

t.test('what never became a request has no id', async (t) => {
  t.notMatch(JSON.stringify(encodeError(new GatewayError('invalid_body', { reason: 'x' }), undefined)), /request_id/)
})

/** 409s that stay, which OpenAI's clients send again, and a 503 that passes when the operator has acted. */
const NOT_AGAIN: readonly string[] = ['idempotency_unknown', 'idempotency_not_kept', 'credential_refused']

t.test('nothing permanent asks to be tried again, and every passing failure says when', async (t) => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const { status } = ERRORS[code]
    const headers = errorHeaders(new GatewayError(code))
    const isPermanent = [402, 403, 404].includes(status) || NOT_AGAIN.includes(code)
    t.equal(headers['x-should-retry'] === 'false', isPermanent, `${code}: x-should-retry`)
    t.equal(headers['retry-after'] !== undefined, [429, 503].includes(status), `${code}: retry-after`)
  }
})
