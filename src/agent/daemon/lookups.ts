import { askMachine } from '../lookups/dns.ts';
import { Lookups } from '../lookups/lookups.ts';
import type { Machine } from './machine.ts';

/** The names outside that a network lets reach from this machine. */
export const lookupsOf = (machine: Machine, network: string, kick: () => void): Lookups =>
  new Lookups({
    network,
    store: machine.store,
    ask: askMachine,
    turns: machine.turns,
    amend: (...what) => machine.agent.amend(...what),
    learn: (learned) => machine.agent.learn(network, 'lookups', learned),
    kick,
    say: (line) => machine.log(`${network}: ${line}`),
  });
