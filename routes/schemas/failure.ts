// The one envelope of every failure. src/wire/openai-chat/errors.ts writes it.

import { ERRORS } from '../../src/core/errors.ts'
import { flag, listOf, number, oneOf, orNull, record, text, whole } from './words.ts'

const TYPES = [...new Set(Object.values(ERRORS).map(({ type }) => type))]

const attempt = record({
  says: 'A call that did not lead to an answer.',
  members: {
    provider: text('Id of the provider.'),
    model: text('The model as the provider calls it.'),
    outcome: text('What it came to: "failed", "throttled", "stalled", …'),
    reason: text('In words.')
  },
  optional: { status: whole('HTTP status of the provider.') }
})

const names = (says: string) => listOf(text(''), says)

const availability = record({
  says: 'Why a model cannot be had, where that is the failure.',
  members: {
    code: text('"model_not_found", "no_endpoints", "constraint_filtered", "capacity_exhausted", …'),
    retryable: flag('Whether waiting helps.'),
    requested_models: names('Those that were asked for.'),
    docs_url: text('Where to read on.')
  },
  optional: {
    retry_after: number('Seconds.'),
    affected_providers: names('Who could have served it.'),
    excluded_by: names('What filtered them out.')
  }
})

export const failureDetail = record({
  title: 'FailureDetail',
  says: 'What went wrong, for people and for programs.',
  members: {
    message: text('One sentence, with what to do where there is something to do.'),
    type: oneOf(TYPES, 'OpenAI\'s type of error.'),
    code: whole('The HTTP status. Always a number.'),
    param: orNull(text('The member, parameter or header that is wrong.')),
    metadata: record({
      says: 'More, for programs.',
      members: {
        error_type: text('OpenRouter\'s name of the failure.'),
        reason: oneOf(Object.keys(ERRORS), 'The broker\'s own name of it: the table of errors in the README.')
      },
      optional: {
        request_id: text('For the log.'),
        provider_name: text('Who said it, where a provider did.'),
        raw: text('The provider\'s own words.'),
        provider_code: text('The provider\'s own code.'),
        provider_type: text('The provider\'s own type.'),
        attempts: listOf(attempt, 'Each call that was made.')
      },
      isOpen: true
    })
  },
  optional: { availability }
})

export const failure = record({ title: 'Failure', says: 'Every failure.', members: { error: failureDetail } })
