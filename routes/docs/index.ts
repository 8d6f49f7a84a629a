// What the routes say of themselves, by name. A route has the name, and the first request for the document loads the
// texts and their schemas: 31 files and 35 ms of CPU that no start pays for.

import type { RouteDoc } from '../../src/openapi/route-doc.ts'
import * as account from './account.ts'
import * as activity from './activity.ts'
import * as billing from './billing.ts'
import * as endpoints from './endpoints.ts'
import { INFERENCE_DOCS } from './inference.ts'
import * as keys from './keys.ts'
import * as messages from './messages.ts'
import * as models from './models.ts'
import * as operations from './operations.ts'
import * as presets from './presets.ts'
import * as responses from './responses.ts'
import * as why from './why.ts'

/** Inference is named by its task, every other text as it is exported. */
export const ROUTE_DOCS = {
  ...INFERENCE_DOCS,
  ...account,
  ...activity,
  ...billing,
  ...endpoints,
  ...keys,
  ...messages,
  ...models,
  ...operations,
  ...presets,
  ...responses,
  ...why
} satisfies { readonly [name: string]: RouteDoc }

export type RouteDocName = keyof typeof ROUTE_DOCS
