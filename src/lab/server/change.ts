import type { FileSet } from '#api';
import type { Report } from '../events.ts';
import { type Lab, labOf, managedMachines } from '../lab.ts';
import { atServer } from './at-server.ts';
import { enrol, settle, statusAtServer } from './enrol.ts';
import { layFiles } from './files.ts';
import { storedTruth } from './truth.ts';

/**
 * Applies changed files at the lab's server and waits until all machines have it; those that get an agent
 * by it join. Throws `lab/server-refused` where somebody else changed the network there meanwhile.
 */
export async function applyAtServer(lab: Lab, files: FileSet, report: Report): Promise<Lab> {
  report({ stage: 'apply', done: 0, all: 1 });
  const entry = layFiles(lab.dir, files);
  await atServer(lab, 'apply', entry, '--yes', '--no-wait', '--message', 'hawser lab apply');
  const next = labOf(lab, await storedTruth(lab));
  const managed = managedMachines(next);
  const { machines } = await statusAtServer(next);
  const known = machines
    .filter(({ enrolment }) => enrolment === 'enrolled')
    .map(({ name }) => name);
  await enrol(
    next,
    managed.filter((name) => !known.includes(name)),
    report,
  );
  await settle(next, managed);
  report({ stage: 'apply', done: 1, all: 1 });
  return next;
}
