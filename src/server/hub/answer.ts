import type { Recorder } from '../history/recorder.ts';
import type { Answer, Asked } from '../presence/calls.ts';
import type { Connection } from './connection.ts';

/** What another server is answered that asks; null: there is nothing to tell. */
export async function answerTo(
  asked: Asked,
  recorder: Recorder,
  connections: ReadonlyMap<string, Connection>,
): Promise<Answer> {
  if (asked.what === 'store') {
    await recorder.store(asked.a, asked.b);
    return null;
  }
  const trials = connections.get(asked.identity)?.trials;
  const answers = await trials?.ask(asked.questions, asked.within);
  return answers ? [...answers.values()] : null;
}
