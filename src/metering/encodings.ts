// Which tokenizer a model reads and writes with, and whether it writes anything that is not shown.

/** https://github.com/openai/tiktoken/blob/main/tiktoken/model.py */
export type Encoding = 'o200k_base' | 'cl100k_base'

interface EncodingRow {
  /** The whole id of the model, without its author (`openai/`). */
  readonly ids: RegExp
  readonly encoding: Encoding
  /** It does not think before it writes: what is shown is what is billed. */
  readonly isShownWhole: boolean
}

const ROWS: readonly EncodingRow[] = [
  { ids: named('gpt-4o|gpt-4o-mini|chatgpt-4o-latest|gpt-4\\.1|gpt-4\\.1-mini|gpt-4\\.1-nano'), encoding: 'o200k_base', isShownWhole: true },
  { ids: named('gpt-4|gpt-4-32k|gpt-4-turbo|gpt-3\\.5-turbo|gpt-3\\.5-turbo-16k'), encoding: 'cl100k_base', isShownWhole: true },
  { ids: named('text-embedding-ada-002|text-embedding-3-small|text-embedding-3-large'), encoding: 'cl100k_base', isShownWhole: true },
  { ids: /^(o[134]|gpt-5|gpt-4\.5|gpt-4o|gpt-oss)([.-][a-z0-9.-]*)?$/, encoding: 'o200k_base', isShownWhole: false },
  { ids: named('gpt-3\\.5-turbo-instruct'), encoding: 'cl100k_base', isShownWhole: false }
]

/** Undefined: not known. */
export function encodingOf (modelId: string): Encoding | undefined {
  return rowOf(modelId)?.encoding
}

/** Of models whose whole output is shown; undefined: others, and those that nobody knows. */
export function wholeEncodingOf (modelId: string): Encoding | undefined {
  const row = rowOf(modelId)
  return row?.isShownWhole ? row.encoding : undefined
}

function rowOf (modelId: string): EncodingRow | undefined {
  const id = modelId.slice(modelId.lastIndexOf('/') + 1)
  return ROWS.find(({ ids }) => ids.test(id))
}

/** Each by its name, or by the date of one of its versions: `-2024-08-06`, in older ones `-0613`. */
function named (names: string): RegExp {
  return new RegExp(`^(${names})(-\\d{4}(-\\d{2}-\\d{2})?)?$`)
}
