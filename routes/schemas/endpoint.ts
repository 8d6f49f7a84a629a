// The ways to serve a model: src/catalog/endpoint-card.ts writes them.

import type { Schema } from '../../src/openapi/schema.ts'
import { architecture, pricing } from './model.ts'
import { count, flag, listOf, nothing, number, orNull, record, text, whole } from './words.ts'

const percentiles = (says: string): Schema => orNull(record({
  says: `${says} Null: too little was seen.`,
  members: { p50: number(''), p75: number(''), p90: number(''), p99: number('') }
}))
const uptime = (span: string): Schema => orNull(number(`Percent of the last ${span}; null: too little was seen.`))

export const endpoint = record({
  title: 'Endpoint',
  says: 'A backend of a model.',
  members: {
    name: text('provider | model'),
    model_id: text('Name of the model.'),
    model_name: text('For people.'),
    context_length: count('Tokens; 0: not known.'),
    pricing,
    provider_name: text('For people.'),
    tag: text('What provider.order and provider.only of a request call it.'),
    quantization: orNull(text('How exact its weights are.')),
    max_completion_tokens: orNull(count('The most tokens it writes.')),
    max_prompt_tokens: nothing('No limit of its own.'),
    supported_parameters: listOf(text(''), 'Members of a request it takes.'),
    supports_tool_choice: record({
      says: 'Values of "tool_choice" it takes.',
      members: { auto: flag(''), function: flag(''), none: flag(''), required: flag('') }
    }),
    supports_implicit_caching: flag('It caches unasked.'),
    supports_voice_cloning: flag('Always false.'),
    status: whole('0: well; -1: it rests after failures.'),
    uptime_last_5m: uptime('five minutes'),
    uptime_last_30m: uptime('half hour'),
    uptime_last_1d: uptime('day'),
    latency_last_30m: percentiles('Milliseconds to the first output.'),
    throughput_last_30m: percentiles('Tokens per second.')
  }
})

export const modelEndpoints = record({
  title: 'ModelEndpoints',
  says: 'A model, and the ways to serve it.',
  members: {
    data: record({
      says: '',
      members: {
        id: text('Name of the model.'),
        name: text('For people.'),
        created: whole('Unix seconds.'),
        description: text('Empty where nobody told one.'),
        architecture,
        endpoints: listOf(endpoint, 'By priority.')
      }
    })
  }
})

export const endpointList = record({
  title: 'EndpointList', says: 'Endpoints.', members: { data: listOf(endpoint, 'In the order of the models.') }
})

export const providerList = record({
  title: 'ProviderList',
  says: 'Providers that can be called.',
  members: {
    data: listOf(record({
      title: 'Provider',
      says: 'One provider.',
      members: {
        name: text('For people.'),
        slug: text('Its id.'),
        privacy_policy_url: nothing('Not kept.'),
        terms_of_service_url: nothing('Not kept.'),
        status_page_url: nothing('Not kept.'),
        headquarters: nothing('Not kept.'),
        datacenters: nothing('Not kept.')
      }
    }), 'In the order of the registry.')
  }
})

export const modelParameters = record({
  title: 'ModelParameters',
  says: 'What a model can be told.',
  members: {
    data: record({
      says: '',
      members: {
        model: text('Its name.'), supported_parameters: listOf(text(''), 'Members of a request it takes.')
      }
    })
  }
})
