// Names that mean something at OpenRouter.

/** Id of the provider. Its backends reach providers that the catalog does not hold. */
export const OPENROUTER = 'openrouter'
/** OpenRouter's own name for "choose for me". https://openrouter.ai/docs/guides/routing/routers/auto-router */
export const OPENROUTER_AUTO = 'openrouter/auto'
/** Its models that choose by the messages, and take no prompt instead. https://openrouter.ai/docs/guides/routing/routers */
export const CHOOSING_BY_MESSAGES: ReadonlySet<string> = new Set(
  [OPENROUTER_AUTO, 'openrouter/auto-beta', 'openrouter/bodybuilder'])
