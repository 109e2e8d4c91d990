import { resolve } from 'node:path';
import type { Command } from 'commander';
import { formatPlan } from '#compile';
import { applyFile, openLab, proofJson, prove } from '#lab';
import { print, printJson } from '../output.ts';
import { readFileSet } from '../remote/file-set.ts';
import {
  exitOf,
  type Options,
  openSound,
  proofExitCodes,
  showProof,
  sub,
  withProgress,
} from './lab-common.ts';
import { planJson } from './plan.ts';

interface ApplyOptions extends Options {
  readonly proof: boolean;
}

/** `hawser lab apply`: a changed file into a lab that is up. */
export const applyCommand = (): Command =>
  sub('apply', 'bring a changed file into a lab that is up, and prove that it works')
    .argument('[file]', 'the changed network; the file it was made from unless said')
    .option('--no-proof', 'do not measure')
    .addHelpText('after', proofExitCodes)
    .action(applyAction);

async function applyAction(given: string | undefined, options: ApplyOptions): Promise<void> {
  const lab = await openLab(options.name);
  const file = resolve(given ?? lab.record.file);
  const { network } = openSound(file);
  const { proof, changes, after } = await withProgress(options, async (report) => {
    const files = lab.record.server === undefined ? {} : { files: readFileSet(file).files };
    const done = await applyFile(lab, { network, ...files, file, report });
    const proof = options.proof ? await prove(done.lab, { report }) : undefined;
    return { after: done.lab, changes: done.changes, proof };
  });
  if (options.json)
    printJson({ plan: planJson(changes), ...(proof && { proof: proofJson(proof) }) });
  else print(formatPlan(changes, lab.model, after.model));
  if (proof && !options.json) showProof(proof, lab.record.cuts, options);
  else if (proof) exitOf(proof);
}
