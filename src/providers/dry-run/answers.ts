// Which answer belongs to which address.

import { answerChat } from './chat.ts'
import { answerCompletion } from './completion.ts'
import { answerEmbedding } from './embedding.ts'
import { answerImage } from './image.ts'
import { answerModeration } from './moderation.ts'
import { answerRerank } from './rerank.ts'
import { json, type Answer, type DryRun } from './run.ts'
import { answerSpeech } from './speech.ts'
import { answerTranscription } from './transcription.ts'

/** By the end of the path, because every provider mounts the rest elsewhere. The first that fits wins. */
const ANSWERS: ReadonlyArray<readonly [pathEnd: string, answer: (run: DryRun) => Answer]> = [
  ['/chat/completions', answerChat],
  ['/completions', answerCompletion],
  ['/embeddings', answerEmbedding],
  ['/audio/speech', answerSpeech],
  ['/audio/transcriptions', answerTranscription],
  ['/audio/translations', answerTranscription],
  ['/moderations', answerModeration],
  ['/rerank', answerRerank],
  ['/images/generations', answerImage],
  ['/images/edits', answerImage],
  ['/images', answerImage]
]

/** The answer for a path; one that is not in the table shows what would be forwarded and nothing else. */
export function answerFor (path: string, run: DryRun): Answer {
  const row = ANSWERS.find(([pathEnd]) => path.endsWith(pathEnd))
  return row ? row[1](run) : json(run.marks)
}
