import { canonicalJson, type Diagnostic } from '#base';
import {
  type Device,
  type Devices,
  type Existing,
  emptyWish,
  type Failure,
  isAdopted,
  networkOf,
  type Wish,
} from '#host';
import { type Change, diff } from '#state';
import { agentErrors } from '../errors.ts';
import type { Adoption } from './adoption.ts';
import { type Before, viewBefore } from './before.ts';
import type { Parts } from './take-over.ts';

export interface GivenBack {
  readonly notes: readonly Diagnostic[];
  readonly failures: readonly Failure[];
}

/** A network's tunnels that were there before it: by their marks, or made anew since under their names. */
export const adoptedOf = (
  network: string,
  devices: Devices | undefined,
  adoption: Adoption | undefined,
): readonly Device[] =>
  (devices?.all ?? []).filter(
    ({ name, alias }) =>
      networkOf(alias) === network && (isAdopted(alias) || name === adoption?.interface),
  );

const ofTunnel: ReadonlySet<string> = new Set(['tunnels', 'links', 'addresses', 'peers']);

const isOfTunnel = ({ facility, kind }: Change): boolean =>
  ofTunnel.has(facility) && !(facility === 'tunnels' && kind === 'remove');

/** Makes a tunnel what it was, as far as it is something else. */
async function restore(
  { host, store }: Parts,
  network: string,
  device: Device,
  view: Wish['view'],
): Promise<readonly Failure[]> {
  const secrets = store.secrets(network);
  const wish: Wish = {
    ...emptyWish(network),
    view,
    keyFile: () => store.keyFile(network, 0),
    secret: (reference) => secrets.get(reference),
  };
  const observation = await host.observe(wish, await host.devices(['root']));
  const changes = diff(observation.view, view).filter(isOfTunnel);
  return changes.length === 0 ? [] : observation.apply(changes);
}

/** Peers of before that the network took away. */
function gone(device: string, before: Before, peers: ReadonlySet<string>): readonly Diagnostic[] {
  const keys = before.peers.map(({ publicKey }) => publicKey).filter((key) => !peers.has(key));
  if (keys.length === 0) return [];
  const args = { interface: device, keys: keys.join(', ') };
  return [agentErrors.diagnostic('agent/peers-gone-since', args, { severity: 'warning' })];
}

/** What is not there any more as it was. */
function missing(before: Before, { routes }: Existing): Before['routes'] {
  const now = new Set(routes.map((route) => canonicalJson(route)));
  return before.routes.filter((route) => !now.has(canonicalJson(route)));
}

/**
 * Gives a tunnel back: it is what it was, without peers that came or went since, and stays up. Where
 * nothing tells what it was, it stays as it is.
 */
export async function giveBack(
  parts: Parts,
  network: string,
  device: Device,
  before: Before | undefined,
): Promise<GivenBack> {
  const { host } = parts;
  const { name } = device;
  const notes = [
    agentErrors.diagnostic('agent/given-back', { interface: name }, { severity: 'warning' }),
  ];
  const found = before && (await host.existing(device));
  if (!found || found.tunnel.publicKey !== before.publicKey) {
    await host.release(network, device);
    if (!found) return { notes, failures: [] };
    const since = agentErrors.diagnostic(
      'agent/other-key-since',
      { interface: name },
      { severity: 'warning' },
    );
    return { notes: [...notes, since], failures: [] };
  }
  const peers = new Set(found.peers.map(({ publicKey }) => publicKey));
  const failures = await restore(parts, network, device, viewBefore(name, before, peers));
  if (failures.length > 0) return { notes: [], failures };
  const { alias } = before;
  const routes = missing(before, found);
  await host.release(network, device, { routes, ...(alias !== undefined && { alias }) });
  return { notes: [...notes, ...gone(name, before, peers)], failures: [] };
}
