import type { Command } from 'commander';
import { print, printJson } from '../output.ts';
import { keepBase } from '../remote/base.ts';
import { readFileSet, writeFileSet } from '../remote/file-set.ts';
import { mergeIn } from '../remote/merge-in.ts';
import { inNetwork, type NetworkOptions, ofNetwork } from '../remote/session.ts';

interface Flags extends NetworkOptions {
  readonly force?: boolean;
  readonly merge?: boolean;
}

export const pullCommand = (): Command =>
  ofNetwork('pull', 'fetch the file of a network, to look at or to edit')
    .argument('[file]', 'where to write it, with what it includes; printed unless said')
    .option('--merge', 'put what others changed into the file that is there')
    .option('--force', 'overwrite what is there')
    .action((file: string | undefined, options: Flags) =>
      inNetwork(options, async (client, network) => {
        if (options.merge && file !== undefined) {
          const { number } = await mergeIn(client, file, readFileSet(file));
          return print(`${file} is your changes on top of revision ${number}`);
        }
        const stored = await client.call('pull', { params: { network }, query: {} });
        const { revision, ...files } = stored;
        if (file === undefined) {
          if (options.json) return printJson(stored);
          return Object.values(files.files).forEach((text) => print(text));
        }
        const written = writeFileSet(files, file, options.force ?? false);
        keepBase(file, network, revision);
        if (options.json) printJson({ revision, written });
        else print(`${file} is revision ${revision.number} of ${network}`);
      }),
    );
