import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Lab, statePath } from '../lab.ts';

/** Writes what machines are to become to the lab's folder, where every command and every pass reads it. */
export async function storeStates({ dir, facts, states }: Lab): Promise<void> {
  await rm(join(dir, 'states'), { recursive: true, force: true });
  await mkdir(join(dir, 'states'), { mode: 0o700 });
  await writeFile(join(dir, 'facts.json'), JSON.stringify(facts));
  for (const [name, state] of states) {
    await writeFile(statePath(dir, name), `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  }
}
