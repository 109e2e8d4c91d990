import type { ToAgent } from '#api';
import { type Delta, delta, type HostState } from '#state';
import type { NetworkSecret } from '../secrets/network-secret.ts';
import { presharedKeys } from '../secrets/preshared.ts';
import type { Basis } from './basis.ts';
import type { NamedState } from './compiled.ts';

/** Which machine is to have its state, and what is known of its agent. */
export interface StateWanted {
  readonly machine: string;
  /** HostState facilities and the newest version of each that its agent knows. */
  readonly supports: Readonly<Record<string, number>>;
  /** What its agent has; `basis`: the network in which its state has that hash, where that is known. */
  readonly has: { readonly hash: string; readonly basis?: number } | undefined;
}

/** What makes an agent's state into the one of this network: nothing, a delta, or the whole. */
export interface StateAnswer {
  readonly hash: string;
  /** What its program is too old for: `nft 2`; there is no message then. */
  readonly lacks: readonly string[];
  readonly type: 'current' | 'delta' | 'state';
  /** The message for the channel. */
  readonly text: string;
}

/** The newest facilities that a state asks for, by name. */
function facilitiesOf({ state }: NamedState): ReadonlyMap<string, number> {
  const versions = new Map<string, number>();
  for (const namespace of Object.values(state.namespaces)) {
    for (const [facility, value] of Object.entries(namespace)) {
      const { v } = value as { readonly v?: unknown };
      if (typeof v === 'number') versions.set(facility, Math.max(v, versions.get(facility) ?? 0));
    }
  }
  return versions;
}

/** The values that a state refers to and the one before did not. */
function valuesFor(state: HostState, { of }: NetworkSecret, before?: HostState) {
  const values = [...presharedKeys(state, of, before)].map(
    ([reference, value]) => [reference, value.reveal()] as const,
  );
  return values.length > 0 && { secrets: Object.fromEntries(values) };
}

const lacking = (next: NamedState, supports: StateWanted['supports']): readonly string[] =>
  [...facilitiesOf(next)]
    .filter(([facility, version]) => (supports[facility] ?? 0) < version)
    .map(([facility, version]) => `${facility} ${version}`)
    .sort();

/** Only tunnels refer to secrets. */
const touchesTunnels = (change: Delta): boolean => !('in' in change) || 'tunnels' in change.in;

/** `known`: the network of `has.basis`, if it is still there. `spread`: as in the message. */
export function stateFor(
  basis: Basis,
  { machine, supports, has }: StateWanted,
  known: Basis | undefined,
  spread?: number,
): StateAnswer {
  const next = basis.compiled.state(machine);
  const { hash } = next;
  const lacks = lacking(next, supports);
  if (lacks.length > 0) return { hash, lacks, type: 'current', text: '' };
  const message = messageOf(basis, machine, has?.hash, known);
  const isMany = spread !== undefined && message.type !== 'current';
  const text = JSON.stringify(isMany ? { ...message, spread } : message);
  return { hash, lacks, type: message.type, text };
}

function messageOf(
  { compiled, acts: act, secret }: Basis,
  machine: string,
  has: string | undefined,
  known: Basis | undefined,
): Extract<ToAgent, { type: StateAnswer['type'] }> {
  const { epoch, number: rev } = compiled.revision;
  const { state, hash } = compiled.state(machine);
  const named = { epoch, rev, hash, act };
  if (has === hash) return { type: 'current', ...named };
  if (has === undefined || !known) {
    return { type: 'state', ...named, state, ...(secret && valuesFor(state, secret)) };
  }
  const old = known.compiled.project(machine);
  const change = delta(old, state);
  return {
    type: 'delta',
    ...named,
    from: has,
    fromAct: known.acts,
    delta: change,
    ...(secret && touchesTunnels(change) && valuesFor(state, secret, old)),
  };
}
