// Which providers exist and where they live: built-in ones, changed or joined by modelsconfig.yml and the environment.

import type { Provider } from './provider.ts'

export interface ResolvedProvider extends Provider {
  /** Over the rows' own priority when set. */
  readonly priority: number | undefined
  /** Base URL in use. Undefined: a local server nobody gave an address for; not available. */
  readonly url: string | undefined
  /** How the credential is found, in words without any secret: `env:OPENAI_API_KEY`, `key file`, `none`. */
  readonly secretSource: string
}

export interface Providers {
  get (id: string): ResolvedProvider | undefined
  all (): readonly ResolvedProvider[]
}
