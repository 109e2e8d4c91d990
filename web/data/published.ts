import type { PublicStatus } from '#api';
import { type Mood, moodOfMonitor, moodOfTunnel, states, worstOf } from './words.ts';

export const moodOfShare = ({ connected, total }: PublicStatus['machines']): Mood =>
  connected === total ? 'good' : 'bad';

/** How a network is as a whole, as everybody in it is told: as bad as the worst in it, and no worse. */
export const moodOfNetwork = ({ machines, tunnels, monitors }: PublicStatus): Mood =>
  worstOf([
    moodOfShare(machines),
    ...states.filter((state) => (tunnels[state] ?? 0) > 0).map((state) => moodOfTunnel[state]),
    ...monitors.map(({ state }) => moodOfMonitor[state]),
  ]);
