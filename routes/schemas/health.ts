// How the broker and its backends are.

import { BACKEND } from './explanation.ts'
import { count, flag, listOf, number, oneOf, orNull, record, text, time } from './words.ts'

export const health = record({
  title: 'Health',
  says: 'The broker in short.',
  members: {
    ok: flag('Always true.'),
    mode: oneOf(['proxy', 'dry_run'], '"dry_run": nothing leaves the machine.'),
    version: text('Of the broker.'),
    models: count('Length of the model list.'),
    ready: flag('Whether requests should come here.'),
    load: record({
      says: 'What it carries.',
      members: {
        in_flight: count('Requests that run.'),
        waiting: count('Requests that wait for a place.'),
        lag_ms: number('How late the event loop is.')
      }
    })
  },
  optional: { reason: text('Why not.') }
})

export const liveness = record({ title: 'Liveness', says: 'It runs.', members: { ok: flag('Always true.') } })

export const readiness = record({
  title: 'Readiness',
  says: 'Whether requests should come here.',
  members: { ok: flag('If so.') },
  optional: { reason: text('Why not.') }
})

export const backendList = record({
  title: 'BackendHealthList',
  says: 'Every backend that could be called.',
  members: {
    data: listOf(record({
      title: 'BackendHealth',
      says: 'One backend. Null: never, or not known.',
      members: {
        ...BACKEND,
        models: listOf(text(''), 'Names it is asked for by.'),
        state: oneOf(['closed', 'open', 'half_open', 'untried'], '"open": it rests after failures.'),
        failures_in_a_row: count('Since its last answer.'),
        retry_in_ms: count('0: now.'),
        last_reason: orNull(text('Why it failed.')),
        last_failure_at: orNull(time('When it failed.')),
        changed_at: orNull(time('When its state changed.')),
        credentials: oneOf(['ready', 'none', 'cooling', 'refused'], 'Of its provider.')
      }
    }), 'In the order of the catalog.')
  }
})
