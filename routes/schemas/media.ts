// Images, speech, transcripts and moderation.
// https://platform.openai.com/docs/api-reference/images, /audio, /moderations

import { MODEL } from './chat.ts'
import { ADDED } from './usage.ts'
import { anything, count, flag, listOf, number, record, text, whole } from './words.ts'
import type { Schema } from '../../src/openapi/schema.ts'

const SAYS = 'What else a provider takes passes to it as it is.'
const USED: Schema = record({ says: 'What it used, as the provider tells it.', members: {}, isOpen: true })

export const imageRequest = record({
  title: 'ImageRequest',
  says: SAYS,
  members: { model: MODEL, prompt: text('What to show.') },
  optional: { n: count('How many.'), size: text('"1024x1024"'), quality: text('As the model calls it.') },
  isOpen: true
})

export const imageAnswer = record({
  title: 'ImageAnswer',
  says: 'The images.',
  members: {
    created: whole('Unix seconds.'),
    data: listOf(record({
      says: 'One image.',
      members: {},
      optional: { b64_json: text('The image in base64.'), url: text('Where it lies.') },
      isOpen: true
    }), 'As many as were asked for.')
  },
  optional: { usage: USED, ...ADDED },
  isOpen: true
})

export const speechRequest = record({
  title: 'SpeechRequest',
  says: SAYS,
  members: { model: MODEL, input: text('What to say.'), voice: anything('The name of a voice.') },
  optional: { response_format: text('"mp3", "opus", "aac", "flac", "wav" or "pcm"'), speed: number('0.25 to 4.') },
  isOpen: true
})

export const SOUND: Schema = { type: 'string', contentMediaType: 'application/octet-stream', description: 'The sound.' }

export const transcriptionRequest = record({
  title: 'TranscriptionRequest',
  says: SAYS,
  members: { model: MODEL, file: { type: 'string', contentMediaType: 'audio/*', description: 'The recording.' } },
  optional: {
    language: text('"en", "de", …'),
    prompt: text('Words that occur in it.'),
    response_format: text('"json", "text", "srt", "verbose_json" or "vtt"')
  },
  isOpen: true
})

export const recordingRequest = record({
  title: 'RecordingRequest',
  says: SAYS,
  members: {
    model: MODEL,
    input_audio: record({
      says: 'The recording.',
      members: { data: text('In base64.'), format: text('"mp3", "wav", "flac", "m4a", "ogg", "webm" …') }
    })
  },
  optional: {
    language: text('"en", "de", …'),
    response_format: text('"json", "text", "srt", "verbose_json" or "vtt"')
  },
  isOpen: true
})

export const transcriptionAnswer = record({
  title: 'TranscriptionAnswer',
  says: 'What was said.',
  members: { text: text('All of it.') },
  optional: { usage: USED, ...ADDED },
  isOpen: true
})

export const moderationRequest = record({
  title: 'ModerationRequest',
  says: SAYS,
  members: { model: MODEL, input: anything('Text, a list of texts, or a list of parts.') },
  isOpen: true
})

export const moderationAnswer = record({
  title: 'ModerationAnswer',
  says: 'A verdict for each input.',
  members: {
    id: text('The provider\'s id of the answer.'),
    model: text('The model that answered.'),
    results: listOf(record({
      says: 'One verdict.',
      members: {
        flagged: flag('Whether any category applies.'),
        categories: record({ says: 'Which.', members: {}, isOpen: true }),
        category_scores: record({ says: 'How much.', members: {}, isOpen: true })
      },
      isOpen: true
    }), 'In the order of the input.')
  },
  optional: ADDED,
  isOpen: true
})
