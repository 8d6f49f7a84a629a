// Presets as routes/presets.ts writes them.

import { anything, count, listOf, nothing, oneOf, orNull, record, text, time, whole } from './words.ts'

const version = record({
  title: 'PresetVersion',
  says: 'A preset as it was kept once.',
  members: {
    id: text('Of this version.'),
    preset_id: text('Of the preset.'),
    version: whole('From 1.'),
    system_prompt: orNull(text('Comes first where a request has no system message.')),
    config: anything('Members of a request.'),
    creator_id: text('The key that made it; empty: a program of this machine.'),
    created_at: time('When it was made.'),
    updated_at: time('The same: versions do not change.')
  }
})

const members = {
  id: text('Of the preset.'),
  name: text('Its slug.'),
  slug: text('What requests name: "@preset/slug".'),
  status: oneOf(['active'], 'Presets are in use as long as they are there.'),
  description: nothing('There is none.'),
  designated_version_id: text('The version that counts, which is the newest.'),
  creator_user_id: orNull(text('The key that made that version.')),
  workspace_id: nothing('There is none.'),
  created_at: time('When its first version was made that is kept.'),
  updated_at: time('When the newest one was.'),
  status_updated_at: nothing('It never changed.')
}
const preset = record({ title: 'Preset', says: 'Parts of requests under a name.', members })
const complete = record({
  title: 'PresetWithVersion', says: 'A preset with the version that counts.', members: { ...members, designated_version: version }
})
const total = { total_count: count('Of all pages.') }

export const presetAnswer = record({ says: 'One preset.', members: { data: complete } })
export const presetList = record({ says: 'A page.', members: { data: listOf(preset, 'The last changed first.'), ...total } })
export const presetVersionAnswer = record({ says: 'One version.', members: { data: version } })
export const presetVersionList = record({ says: 'A page.', members: { data: listOf(version, 'The oldest first.'), ...total } })
