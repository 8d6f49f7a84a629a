// The model list: OpenRouter's model object and OpenAI's in one. src/catalog/model-card.ts writes it.

import { TASKS } from '../../src/core/ask.ts'
import type { Schema } from '../../src/openapi/schema.ts'
import { always, count, flag, listOf, nothing, oneOf, orNull, record, text, whole } from './words.ts'

const price = (of: string): Schema => text(`US dollars for ${of}, as decimal text; "-1": not known in advance.`)
const names = (says: string): Schema => listOf(text(''), says)

export const pricing: Schema = {
  ...record({
    title: 'Pricing',
    says: 'Prices, each for one unit.',
    members: { prompt: price('a token of the request'), completion: price('a token of the answer') },
    optional: {
      overrides: listOf({
        ...record({
          says: 'Other prices for longer requests, or for a part of the day, UTC.',
          members: {},
          optional: {
            min_prompt_tokens: count('Above so many tokens.'),
            utc_start: count('From then on: 2230 is half past ten in the evening.'),
            utc_end: count('Up to then; before utc_start: of the next day.')
          }
        }),
        additionalProperties: price('a unit')
      }, 'Of several that fit the last one counts.')
    }
  }),
  additionalProperties: price('another unit')
}

export const architecture = record({
  title: 'Architecture',
  says: 'What goes in and what comes out.',
  members: {
    modality: orNull(text('"text+image->text"')),
    input_modalities: names('text, image, audio, …'),
    output_modalities: names('text, image, embeddings, …'),
    tokenizer: text('Its family.'),
    instruct_type: orNull(text('How it is instructed.'))
  }
})

export const model = record({
  title: 'Model',
  says: 'A model that is served here, for clients of OpenAI and of OpenRouter. Null: not known.',
  members: {
    id: text('The name to ask for.'),
    object: always('model'),
    created: whole('Unix seconds.'),
    owned_by: text('Who made it.'),
    canonical_slug: text('author/name.'),
    name: text('For people.'),
    hugging_face_id: orNull(text('Where its weights are.')),
    knowledge_cutoff: orNull(text('Until when it has read.')),
    expiration_date: orNull(text('When it ends: YYYY-MM-DD.')),
    context_length: orNull(count('Tokens of request and answer together.')),
    architecture,
    pricing,
    top_provider: record({
      says: 'The first backend.',
      members: {
        context_length: orNull(count('Tokens.')),
        max_completion_tokens: orNull(count('The most tokens it writes.')),
        is_moderated: flag('As its provider says; never by the broker.')
      }
    }),
    per_request_limits: nothing('There are none.'),
    supported_parameters: names('Members of a request it takes.'),
    default_parameters: orNull(record({ says: 'What it takes where nothing is said.', members: {}, isOpen: true })),
    supported_voices: orNull(names('Of speech.')),
    links: record({ says: 'More about it.', members: { details: text('Path of its endpoints.') } }),
    x_aibroker: record({
      says: 'What only this broker knows.',
      members: {
        tier: orNull(oneOf(['economy', 'standard', 'premium'], 'As the operator sees it.')),
        tasks: listOf(oneOf(TASKS, ''), 'What it can be asked for.'),
        aliases: names('Its other names.'),
        providers: names('Who serves it, the first choice first.')
      },
      optional: {
        stream_mode: oneOf(['live', 'resume', 'atomic'], 'What becomes of a broken stream.'),
        timeouts: { type: 'object', description: 'Seconds to wait, where the operator set them.' }
      }
    })
  },
  optional: {
    description: text('For people.'),
    reasoning: record({
      says: 'How it thinks.',
      members: { mandatory: flag('It always does.') },
      optional: {
        supported_efforts: names('How long it can be told to.'),
        default_effort: text('How long it does unasked.'),
        default_enabled: flag('It does unasked.'),
        supports_max_tokens: flag('It can be given a limit.')
      }
    }),
    benchmarks: record({
      says: 'What others measured.',
      members: { design_arena: listOf({ type: 'object' }, 'Ranks.') },
      optional: { artificial_analysis: record({ says: 'Indexes.', members: {}, isOpen: true }) }
    }),
    alias_target: record({
      says: 'The model this name stands for.', members: { name: text('For people.'), slug: text('Its id.') }
    })
  }
})

export const modelList = record({
  title: 'ModelList',
  says: 'The whole list, or a page of it.',
  members: {
    object: always('list'),
    data: listOf(model, 'In the order of the configuration.'),
    total_count: count('Of all pages.'),
    links: record({ says: 'Paging.', members: { next: orNull(text('Path of the next page.')) } })
  }
})

export const modelCount = record({
  title: 'ModelCount',
  says: 'How many there are.',
  members: { data: record({ says: '', members: { count: count('With the filters of the query.') } }) }
})

export const wrappedModel = record({ title: 'WrappedModel', says: 'One model.', members: { data: model } })
