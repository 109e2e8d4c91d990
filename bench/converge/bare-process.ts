/** On a machine of a lab: runs the programs that an agent ran for a change, and nothing else. */
import { readFileSync } from 'node:fs';
import { runProcess } from '#host';
import { now } from './clock.ts';
import { answerLines } from './lines.ts';
import type { Spawned } from './spawns.ts';

/** In an agent's own order: a program begins when those have ended that had ended before. */
async function runAll(spawns: readonly Spawned[]): Promise<void> {
  const running: Promise<unknown>[] = [];
  for (const { argv, stdin, began } of spawns) {
    const before = running.filter((_, index) => (spawns[index]?.ended ?? 0) <= began);
    await Promise.all(before);
    // One that fails has run all the same.
    running.push(runProcess(argv, stdin === undefined ? {} : { stdin }).catch(() => undefined));
  }
  await Promise.all(running);
}

const known = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Record<
  string,
  readonly Spawned[]
>;
answerLines(async (which) => {
  await runAll(known[String(which)] ?? []);
  return { at: now() };
});
