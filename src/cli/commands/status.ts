import type { Command } from 'commander';
import { healthLines, healthOf } from '../remote/health.ts';
import { inNetwork, type NetworkOptions, ofNetwork } from '../remote/session.ts';
import { show, type WatchOptions, watching } from '../remote/watch.ts';
import { statusText } from '../remote/words.ts';

export const statusCommand = (): Command =>
  ofNetwork('status', 'what is wrong in a network now, its machines, and what each has')
    .option(...watching)
    .action((options: NetworkOptions & WatchOptions) =>
      inNetwork(options, (client, network) =>
        show(options, {
          ask: async () => ({
            ...(await client.call('status', { params: { network } })),
            ...(await healthOf(client, network)),
          }),
          text: (found) => [statusText(found), ...healthLines(found)].join('\n'),
          gist: ({ revision, frozen, held, machines, segments = [], tunnels, monitors }) => ({
            ...{ revision, frozen, held: held?.id ?? null, counts: tunnels.counts },
            wrong: tunnels.tunnels.map(({ state, ends: [a, b] }) => [a.machine, b.machine, state]),
            services: monitors.map(({ name, state }) => [name, state]),
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
