import type { Finding } from '#api';
import { plainFinding } from '#base';
import { agentErrors } from '../errors.ts';
import { Tables } from '../segments/tables.ts';
import { amendOf } from './amend.ts';
import type { Machine } from './machine.ts';

/** The tables of a network's segments on this machine. */
export const tablesOf = (machine: Machine, network: string, kick: () => void): Tables =>
  new Tables({
    network,
    stateFolder: machine.stateDir,
    run: machine.run,
    turns: machine.turns,
    amend: amendOf(machine),
    announce: (namespace, all) => machine.agent.announce(namespace, all),
    learn: (learned) => machine.agent.learn(network, 'segments', learned),
    kick,
  });

/** What is at two places in its segments, as people are told. */
export const conflictsOf = ({ conflicts }: Tables): readonly Finding[] =>
  conflicts.map(({ segment, of, sites: [a, b], macs, file }) =>
    plainFinding(
      file === undefined
        ? agentErrors.diagnostic('agent/two-places', {
            segment,
            of,
            a: placeOf(a, macs?.[0]),
            b: placeOf(b, macs?.[1]),
          })
        : agentErrors.diagnostic('agent/not-as-in-file', { segment, of, file, b }),
    ),
  );

/** The other gateways that it does not hear, or that do not hear it, as people are told. */
export const unheardOf = ({ unheard }: Tables): readonly Finding[] =>
  unheard.map(({ segment, site, address, port }) =>
    plainFinding(
      agentErrors.diagnostic(
        'agent/site-unheard',
        { segment, site, address, port },
        // Their agent, or the tunnel, may be away: whoever is alerted hears of that by itself.
        { severity: 'warning' },
      ),
    ),
  );

const placeOf = (site: string, mac: string | undefined): string =>
  mac === undefined ? site : `${site} (${mac})`;
