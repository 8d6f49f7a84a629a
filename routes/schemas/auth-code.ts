// PKCE: src/admin/code-wish.ts reads the wishes, routes/auth.ts answers.

import { nothing, number, oneOf, orNull, record, text, time, whole } from './words.ts'

const METHOD = oneOf(['S256', 'plain'], 'How the challenge was made of the verifier.')

export const codeWish = record({
  title: 'AuthCodeWish',
  says: 'For which app, and what its key may do.',
  members: { callback_url: text('Where the app is: an https URL, or an http one of this machine.') },
  optional: {
    code_challenge: text('What the verifier has to come to.'),
    code_challenge_method: METHOD,
    limit: number('What the key may spend, in US dollars.'),
    usage_limit_type: oneOf(['daily', 'weekly', 'monthly'], 'When that is whole again.'),
    expires_at: orNull(time('When the key ends.')),
    key_label: text('Name of the key, 1 to 100 characters; the host of the app if it is not said.'),
    workspace_id: text('There is one.')
  },
  isOpen: true
})

export const madeCode = record({
  title: 'AuthCode',
  says: 'A code, shown this once.',
  members: {
    data: record({
      says: 'It is good for ten minutes.',
      members: { id: text('The code itself.'), app_id: whole('Always 0.'), created_at: time('Now.') }
    })
  }
})

export const codeTry = record({
  title: 'AuthCodeTry',
  says: 'A code, and what proves that it was made for whoever shows it.',
  members: { code: text('The code.') },
  optional: { code_verifier: orNull(text('The verifier.')), code_challenge_method: orNull(METHOD) },
  isOpen: true
})

export const exchangedKey = record({
  title: 'ExchangedKey',
  says: 'The key, shown this once.',
  members: { key: text('The key itself.'), user_id: nothing('There are no users.') }
})
