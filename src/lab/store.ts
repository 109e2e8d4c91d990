import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freeze } from './freeze.ts';
import { fillHostsFile } from './hosts-file.ts';
import type { Lab } from './lab.ts';

/** Writes down what a lab is made from, and by which names its machines are known there. */
export async function store({ dir, underlay, model }: Lab): Promise<void> {
  await writeFile(join(dir, 'network.json'), freeze(model.network));
  await fillHostsFile(dir, underlay, model);
}
