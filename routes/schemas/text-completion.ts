// Text completion, the older form of chat. https://platform.openai.com/docs/api-reference/completions

import { MODEL, SAMPLING } from './chat.ts'
import { failureDetail } from './failure.ts'
import { ADDED, usage } from './usage.ts'
import { always, anything, count, listOf, orNull, record, text, whole } from './words.ts'

export const completionRequest = record({
  title: 'CompletionRequest',
  says: 'What else a provider takes passes to it as it is.',
  members: { model: MODEL, prompt: anything('Text, or a list of texts.') },
  optional: SAMPLING,
  isOpen: true
})

export const completionAnswer = record({
  title: 'CompletionAnswer',
  says: 'A whole answer; each event of a stream has the same form.',
  members: {
    id: text('The provider\'s id of the answer.'),
    object: always('text_completion'),
    created: whole('Unix seconds.'),
    model: text('The model that answered.'),
    choices: listOf(record({
      says: 'One answer.',
      members: {
        index: count('From 0 on.'), text: text('What was written.'), finish_reason: orNull(text('Why it ended.'))
      },
      isOpen: true
    }), 'As many as were asked for.')
  },
  optional: { usage: orNull(usage), error: failureDetail, ...ADDED },
  isOpen: true
})
