import { expect, test } from 'vitest';
import { type MonitorState, type PublicStatus, type TunnelState, tunnelStates } from '#api';
import { moodOfNetwork } from '../../web/data/published.ts';
import {
  type Mood,
  moodOfMany,
  moodOfTunnel,
  moods,
  statesIn,
  wordOfTunnel,
} from '../../web/data/words.ts';

interface Told {
  readonly connected?: number;
  readonly tunnels?: readonly TunnelState[];
  readonly services?: readonly MonitorState[];
}

const told = ({ connected = 2, tunnels = [], services = [] }: Told): PublicStatus => ({
  ...{ network: 'net', at: '2026-11-20T12:00:00.000Z', sites: [] },
  machines: { connected, total: 2 },
  tunnels: Object.fromEntries(tunnels.map((state) => [state, 1])),
  monitors: services.map((state) => ({ name: state, type: 'tcp', state })),
});

test.each<readonly [string, Told, string]>([
  ['well where all is up', { tunnels: ['up'], services: ['up'] }, 'good'],
  ['well while some are not there yet', { tunnels: ['up', 'never', 'invited'] }, 'idle'],
  ['untold where nobody tells of a tunnel', { tunnels: ['up', 'unknown'] }, 'untold'],
  ['untold where nobody looks at a service', { services: ['up', 'unknown'] }, 'untold'],
  ['worth a look, and no alarm, with a laptop that is off', { tunnels: ['up', 'stale'] }, 'warn'],
  ['worth a look, and no alarm, with a busy service', { services: ['up', 'busy'] }, 'warn'],
  ['bad with a tunnel down, whatever else is stale', { tunnels: ['stale', 'down'] }, 'bad'],
  ['bad with a service down', { services: ['busy', 'down'] }, 'bad'],
  ['bad with a machine away', { connected: 1, tunnels: ['up'] }, 'bad'],
])('a network is %s', (_, status, mood) => {
  expect(moodOfNetwork(told(status))).toBe(mood);
});

test.each<readonly [Mood, readonly Mood[]]>([
  ['good', ['idle', 'good', 'untold']],
  ['untold', ['idle', 'untold']],
  ['idle', ['idle']],
  ['warn', ['good', 'warn', 'untold']],
  ['bad', ['untold', 'warn', 'bad']],
])('many drawn as one are %s, of %j', (mood, some) => {
  expect(moodOfMany(some)).toBe(mood);
});

test('the map names every state that a tunnel may be in once, beside the line that is drawn of it', () => {
  const legend = moods.map((mood) => [mood, statesIn(mood).split(' or ')] as const);
  const named = legend.flatMap(([mood, words]) => words.map((word) => [word, mood]));
  const drawn = tunnelStates.map((state) => [wordOfTunnel(state), moodOfTunnel[state]]);
  expect(new Set(named.map(String))).toEqual(new Set(drawn.map(String)));
  expect(named).toHaveLength(drawn.length);
  // Of a tunnel that was up, and of which nobody tells now, nobody may say that it is not there yet.
  expect(statesIn('idle')).not.toContain('unknown');
  expect(statesIn('warn')).toContain('stale');
});
