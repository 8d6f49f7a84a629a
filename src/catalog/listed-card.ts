// What OpenRouter's live list says of a model beyond what routing needs: members of its card, passed on as they are.

export interface CardArchitecture {
  readonly modality: string | null
  readonly input_modalities: readonly string[]
  readonly output_modalities: readonly string[]
  readonly tokenizer: string
  readonly instruct_type: string | null
}

/** Every member checked and bounded by openrouter/entries.ts. https://openrouter.ai/docs/overview/models */
export interface ListedCard {
  readonly canonical_slug: string
  readonly name: string
  /** Unix seconds. */
  readonly created: number
  readonly description?: string
  readonly hugging_face_id: string | null
  readonly knowledge_cutoff: string | null
  /** `YYYY-MM-DD` */
  readonly expiration_date: string | null
  readonly architecture: CardArchitecture
  readonly supported_parameters: readonly string[]
  readonly default_parameters: { readonly [parameter: string]: number | null } | null
  readonly supported_voices: readonly string[] | null
  readonly is_moderated: boolean
  readonly reasoning?: CardReasoning
  readonly benchmarks?: CardBenchmarks
  readonly alias_target?: { readonly name: string, readonly slug: string }
}

export interface CardReasoning {
  readonly mandatory: boolean
  readonly supported_efforts?: readonly string[]
  readonly default_effort?: string
  readonly default_enabled?: boolean
  readonly supports_max_tokens?: boolean
}

export interface CardBenchmarks {
  readonly design_arena: ReadonlyArray<{ readonly [member: string]: string | number }>
  readonly artificial_analysis?: { readonly [index: string]: number | null }
}
