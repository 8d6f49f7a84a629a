// Names of tools here and in the chat, where all of them are functions and none is in a namespace.

/** The one parameter of a custom tool's function. */
export const INPUT = 'input'
const BETWEEN = '__'

export interface NamedTool {
  readonly kind: 'function' | 'custom'
  readonly name: string
  readonly namespace: string | undefined
}

export function nameInChat (name: string, namespace: string | undefined): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}${BETWEEN}${name}`
}

export class ToolNames {
  readonly #tools = new Map<string, NamedTool>()

  /** The name in the chat. */
  add (tool: NamedTool): string {
    const name = nameInChat(tool.name, tool.namespace)
    this.#tools.set(name, tool)
    return name
  }

  /** Whom the chat calls: a function of that name, where nobody told of it. */
  find (name: string): NamedTool {
    return this.#tools.get(name) ?? { kind: 'function', name, namespace: undefined }
  }
}
