// What a provider did on its side beside the model's work, as it tells in the usage object: searches, calls of tools.

import { asObject, type JsonObject } from '../core/json.ts'
import { readCount, type ToldCounts } from './told-counts.ts'

/**
 * - `server_tool_use.web_search_requests`: Anthropic and its copies. https://docs.anthropic.com/en/api/messages
 * - `num_search_queries`: Perplexity. https://docs.perplexity.ai/api-reference/chat-completions-post
 * - `num_sources_used` (sources, which are what is billed) and `num_server_side_tools_used`: xAI.
 *   https://docs.x.ai/docs/guides/live-search
 * - `server_tool_use_details.tool_calls_executed`: OpenRouter.
 */
export function readExtras (usage: JsonObject): ToldCounts {
  const { server_tool_use: used, server_tool_use_details: details } = usage
  return {
    searches: readCount(asObject(used)?.['web_search_requests']) ?? readCount(usage['num_search_queries']) ??
      readCount(usage['num_sources_used']),
    tool_calls: readCount(asObject(details)?.['tool_calls_executed']) ?? readCount(usage['num_server_side_tools_used'])
  }
}
