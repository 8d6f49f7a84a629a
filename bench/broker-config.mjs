// The catalog the broker is measured with: every model has two backends and prices, so that routing has work to do.
//
// Clients ask for `bench-…`; the provider knows the model as `gpt-…`, so the broker has to splice the name as well.

/** The models of the bench; `upstream.mjs` says what the last two words mean. */
export const MODELS = {
  json: 'bench-json-0',
  burst: 'bench-burst-2000',
  paced: 'bench-paced-40',
  first: 'bench-first-20',
  held: 'bench-held-2000'
}

export const brokerConfig = `models:\n${Object.values(MODELS).map(entry).join('')}`

function entry (model) {
  return `  ${model}:
    tier: economy
    context_window: 128000
    max_output_tokens: 16384
    backends:
      - provider: openai
        model_id: ${model.replace('bench', 'gpt')}
        priority: 1
        input_cost: 0.15
        output_cost: 0.60
        cached_input_cost: 0.075
      - provider: groq
        model_id: ${model.replace('bench', 'llama')}
        priority: 5
        input_cost: 0.25
        output_cost: 0.75
`
}
