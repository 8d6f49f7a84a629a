// Legacy completions at backends that only chat: the prompt is said as one message, the answer is told as text.
//
// DESIGN. Everything about an answer is read and finished by the chat wire (usage, reasons to stop, errors, emptiness,
// the end of a stream), and only what would go out to a chat's client is told anew. So what must hold of a chat holds
// here: no end is invented for a stream that was cut (P6), and no usage for an answer without (P5).

import type { Translator } from '../format.ts'
import { openaiChat } from '../openai-chat/index.ts'
import { chatOf } from './request.ts'
import { lossesIn, textAnswerOf } from './answer.ts'
import { TextStream } from './stream.ts'

export const completionOverChat: Translator = {
  task: 'chat',
  translate: chatOf,
  wire: {
    ...openaiChat,
    finishAnswer: (answer, additions) => textAnswerOf(openaiChat.finishAnswer(answer, additions)),
    lossesIn,
    createStream: (options) => new TextStream(openaiChat.createStream(options))
  }
}
