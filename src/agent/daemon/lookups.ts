import { askMachine } from '../lookups/dns.ts';
import { Lookups } from '../lookups/lookups.ts';
import { amendOf } from './amend.ts';
import type { Machine } from './machine.ts';

/** The names outside that a network lets reach from this machine. */
export const lookupsOf = (machine: Machine, network: string, kick: () => void): Lookups =>
  new Lookups({
    network,
    store: machine.store,
    ask: askMachine,
    turns: machine.turns,
    amend: amendOf(machine),
    learn: (learned) => machine.agent.learn(network, 'lookups', learned),
    kick,
    say: (line) => machine.log(`${network}: ${line}`),
  });
