// Names that mean "choose for me". They are listed and routed like models, and no file may take them.

/** `auto` follows ROUTING_STRATEGY; the others say which. */
export const AUTO_MODELS = ['auto', 'autocheapest', 'autobest'] as const
export type AutoModel = typeof AUTO_MODELS[number]

export function isAutoModel (name: string): name is AutoModel {
  return AUTO_MODELS.some((auto) => auto === name)
}
