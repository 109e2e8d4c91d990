import type { Command } from 'commander';
import { inNetwork, type NetworkOptions, ofNetwork } from '../remote/session.ts';
import { show, type WatchOptions, watching } from '../remote/watch.ts';
import { statusText } from '../remote/words.ts';

export const statusCommand = (): Command =>
  ofNetwork('status', 'the machines of a network, and what each has')
    .option(...watching)
    .action((options: NetworkOptions & WatchOptions) =>
      inNetwork(options, (client, network) =>
        show(options, {
          ask: () => client.call('status', { params: { network } }),
          text: statusText,
          gist: ({ revision, frozen, held, machines, segments = [] }) => ({
            ...{ revision, frozen, held: held?.id ?? null },
            machines: machines.map(({ name, enrolment, connected, confirmed, notes, ...rest }) => [
              ...[name, enrolment, connected, confirmed ?? null, notes],
              [...rest.failures, ...(rest.warnings ?? [])].map(({ code }) => code),
            ]),
            segments: segments.map(({ dropped, ...rest }) => ({
              ...rest,
              told: dropped !== undefined,
            })),
          }),
        }),
      ),
    );
