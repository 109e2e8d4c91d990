import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Calls } from './calls.ts';
import { type PlainError, plainOf } from './plain.ts';

/** What threads are there for; each loads only what its own work needs. */
const works = {
  compiler: async () => (await import('../network/compiler.ts')).compilerCalls(),
  backup: async () => (await import('../backup/calls.ts')).backupCalls(),
} satisfies Record<string, () => Promise<Calls>>;

export type WorkName = keyof typeof works;

export interface Question {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
}
export type Answer =
  | { readonly id: number; readonly output: unknown }
  | { readonly id: number; readonly error: PlainError };

/** What a thread of ours is started with. */
export interface ThreadData {
  readonly hawser: WorkName;
}

/** The file that such a thread begins with: this one, wherever a bundle has put it. */
export const threadFile = new URL(import.meta.url);

function serve(port: MessagePort, work: WorkName): void {
  const loaded: Promise<Calls> = works[work]();
  port.on('message', (question: Question) => void answer(port, loaded, question));
}

async function answer(
  port: MessagePort,
  loaded: Promise<Calls>,
  { id, name, input }: Question,
): Promise<void> {
  try {
    const work = (await loaded)[name] as (given: unknown) => unknown;
    port.postMessage({ id, output: await work(input) } satisfies Answer);
  } catch (error) {
    port.postMessage({ id, error: plainOf(error) } satisfies Answer);
  }
}

const data = workerData as Partial<ThreadData> | null;
if (!isMainThread && parentPort && data?.hawser) serve(parentPort, data.hawser);
