import { type Diagnostic, DiagnosticsError } from '#base';
import { type Change, describeChange, type HostState, same } from '#state';
import { agentErrors } from '../errors.ts';
import type { Adoption } from './adoption.ts';
import { lineFor } from './lines.ts';

/** Where a peer is found is no part of what it is: a dead one is looked for anew. */
function isEndpointAlone(change: Change): boolean {
  if (change.kind !== 'change' || change.facility !== 'peers') return false;
  const { endpoint: _, ...before } = change.before;
  const { endpoint: __, ...after } = change.after;
  return same(before, after);
}

function deviceOf(change: Change): string | undefined {
  if (change.kind === 'move') return change.before[0]?.interface;
  if (change.kind === 'add') return undefined;
  const { facility, before } = change;
  if (facility === 'tunnels' || facility === 'peers') return before.interface;
  if (facility === 'addresses') return before.device;
  return facility === 'links' ? before.name : undefined;
}

/** Changes that a tunnel would not survive as it is; a peer, an address or a route more is none. */
const changesOf = (changes: readonly Change[], device: string): readonly Change[] =>
  changes.filter((change) => deviceOf(change) === device && !isEndpointAlone(change));

/** More than these differ in the same way. */
const most = 50;

const differs = (device: string, change: Change): Diagnostic => {
  const args = { interface: device, change: describeChange(change), line: lineFor(change) };
  return agentErrors.diagnostic('agent/adopt-differs', args);
};

/**
 * A tunnel that was there before goes on where it is, as whoever made it and what uses it on the machine expects: the network
 * cannot have it in a router of others, whether a person wants it anyway or not.
 * @throws DiagnosticsError with agent/adopt-inside
 */
export function refuseElsewhere({ tunnels }: HostState, adoption: Adoption | undefined): void {
  const tunnel = Object.values(tunnels).find((one) => one.interface === adoption?.interface);
  if (!tunnel || tunnel.livesIn === tunnel.bornIn) return;
  const args = { interface: tunnel.interface, namespace: tunnel.livesIn };
  throw new DiagnosticsError([agentErrors.diagnostic('agent/adopt-inside', args)]);
}

/** Why a tunnel is not taken over as it is: what the network wants otherwise, and how the file says it. */
export function refusals(
  changes: readonly Change[],
  { interface: device, anyway }: Adoption,
): readonly Diagnostic[] {
  const differing = changesOf(changes, device);
  const isGone = differing.some(
    ({ facility, kind }) => facility === 'tunnels' && kind === 'remove',
  );
  if (isGone) return [agentErrors.diagnostic('agent/adopt-other-name', { interface: device })];
  if (differing.length === 0 || anyway) return [];
  const found = differing.slice(0, most).map((change) => differs(device, change));
  const args = { interface: device, count: differing.length };
  return [agentErrors.diagnostic('agent/adopt-waits', args), ...found];
}
