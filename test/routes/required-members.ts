// Members that strict clients refuse a whole answer for. By OpenRouter's OpenAPI document of August 2026, and its SDK.

export const REQUIRED_OF_MODEL = [
  'id', 'canonical_slug', 'name', 'created', 'pricing', 'context_length', 'architecture', 'top_provider',
  'per_request_limits', 'supported_parameters', 'default_parameters', 'supported_voices', 'links',
  // and OpenAI's: https://platform.openai.com/docs/api-reference/models
  'object', 'owned_by'
]

export const REQUIRED_OF_ENDPOINT = [
  'name', 'model_id', 'model_name', 'context_length', 'pricing', 'provider_name', 'tag', 'quantization',
  'max_completion_tokens', 'max_prompt_tokens', 'supported_parameters', 'supports_tool_choice', 'supports_implicit_caching',
  'uptime_last_5m', 'uptime_last_30m', 'uptime_last_1d', 'latency_last_30m', 'throughput_last_30m'
]
