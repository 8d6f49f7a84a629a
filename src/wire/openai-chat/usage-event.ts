// The usage chunk of a stream with what the broker adds: provider, cost, x_aibroker.

import { asObject, membersOf, parseObject } from '../../core/json.ts'
import { editMembers, splice } from '../../core/json-edit.ts'
import type { Additions } from '../format.ts'
import { usageEdits } from './answer.ts'

export function addToEvent (json: Buffer, additions: Additions): Buffer {
  const members = membersOf(json, 0)
  const has = (name: string) => members.some((member) => member.name === name)
  const top = new Map<string, string | undefined>()
  if (additions.provider !== undefined && !has('provider')) top.set('provider', additions.provider)
  if (additions.xAibroker !== undefined) top.set('x_aibroker', additions.xAibroker)
  const usage = members.find((member) => member.name === 'usage')
  const value = asObject(parseObject(json.toString('utf8'))?.['usage'])
  return splice(json, [...editMembers(json, 0, top, members), ...usageEdits(json, usage, value, additions.cost)])
}
