import type { Hello } from '#api';
import { canonicalJson } from '#base';
import {
  type Beginning,
  type Finish,
  type News,
  rotationAborted,
  rotationBegun,
  rotationFinished,
  rotationTurned,
  type Signed,
} from '../rotation/decisions.ts';
import { presharedBegun, presharedEnded, presharedHeard } from '../rotation/preshared.ts';
import type { StoredMachine } from '../store/contract.ts';
import { type TakingBack, takenBack } from '../take-back/decision.ts';
import type { Action } from './acts.ts';
import { type Approval, approved } from './approve.ts';
import type { Basis } from './basis.ts';
import { type Change, changeTo, type Release, released } from './change.ts';
import type { Decision } from './edit.ts';
import { type Enrolment, enrol, withFacts } from './enrol.ts';
import { type GivenKey, keyGiven } from './give-key.ts';
import { type Accepting, accepting, type Inviting, inviting } from './invite.ts';
import { keyOwners, otherOwner } from './key-owners.ts';
import { type Limiting, limited } from './lifetime.ts';
import { forgotten, left, removed, vacated } from './remove.ts';
import { expired, type Revoking, restored, revoked } from './revoke.ts';

/** What machines said of themselves, by identity. */
export interface Said {
  readonly keys?: Hello['keys'] | undefined;
  readonly mtu?: number | undefined;
}

interface Removal {
  readonly machine: string;
  readonly author: string;
  readonly why?: string | undefined;
  /** `hash` of a plan that was seen. */
  readonly plan?: string | undefined;
}

/**
 * What can be decided about a network: pure functions of its basis and of plain data; undefined where
 * nothing is to be done.
 */
export const decisions = {
  enrol: (basis: Basis, enrolment: Enrolment) => enrol(basis, enrolment),
  approve: (basis: Basis, approval: Approval) => approved(basis, approval),
  remove: (basis: Basis, { machine, ...said }: Removal) => removed(basis, machine, said),
  forget: (
    basis: Basis,
    { machine, ...said }: { readonly machine: StoredMachine; author: string; action?: Action },
  ) => forgotten(basis, machine, said),
  leave: (basis: Basis, machine: StoredMachine) => left(basis, machine),
  vacate: (_: Basis, machine: StoredMachine) => vacated(machine),
  change: (basis: Basis, change: Change) => changeTo(basis, change),
  takeBack: (basis: Basis, taking: TakingBack) => takenBack(basis, taking),
  release: (basis: Basis, release: Release) => released(basis, release),
  revoke: (basis: Basis, revoking: Revoking) => revoked(basis, revoking),
  restore: (basis: Basis, revoking: Revoking) => restored(basis, revoking),
  giveKey: (basis: Basis, given: GivenKey) => keyGiven(basis, given),
  invite: (basis: Basis, wanted: Inviting) => inviting(basis, wanted),
  accept: (basis: Basis, device: Accepting) => accepting(basis, device),
  limit: (basis: Basis, wanted: Limiting) => limited(basis, wanted),
  expire: (basis: Basis, now: { readonly at: string }) => expired(basis, now),
  rotate: (basis: Basis, beginning: Beginning) => rotationBegun(basis, beginning),
  abortRotation: (basis: Basis, signed: Signed) => rotationAborted(basis, signed),
  finishRotation: (basis: Basis, finish: Finish) => rotationFinished(basis, finish),
  turn: (basis: Basis, news: News) => rotationTurned(basis, news),
  beginPreshared: (basis: Basis, signed: Signed) => presharedBegun(basis, signed),
  hearPreshared: (basis: Basis, heard: { have: readonly string[] }) => presharedHeard(basis, heard),
  endPreshared: (basis: Basis, by: { author: string }) => presharedEnded(basis, by),
  hear: (basis: Basis, said: ReadonlyMap<string, Said>) => heard(basis, said),
} satisfies Record<string, (basis: Basis, input: never) => Decision | undefined>;

type Decisions = typeof decisions;

/** One of the decisions, by name, with what it needs besides the basis. */
export type Matter = {
  [N in keyof Decisions]: { readonly name: N; readonly input: Parameters<Decisions[N]>[1] };
}[keyof Decisions];

export const decide = (basis: Basis, { name, input }: Matter): Decision | undefined =>
  (decisions[name] as (basis: Basis, input: unknown) => Decision | undefined)(basis, input);

/** What a machine's own network may take, bytes: from the least of IPv4 (RFC 791) to loopback's. */
const isMtu = (mtu: number): boolean => mtu >= 576 && mtu <= 65_536;

/**
 * The network with what enrolled machines said of themselves; undefined if that is nothing new. Who says
 * that another's key is his is not believed: it would take that one's peers away.
 */
function heard(basis: Basis, said: ReadonlyMap<string, Said>): Decision | undefined {
  const { facts } = basis.stored;
  const keys: Record<string, Hello['keys']> = { ...facts.keys };
  const mtu: Record<string, number> = { ...facts.observations.mtu };
  const owners = new Map(keyOwners(basis));
  const taken: { readonly machine: string; readonly owner: string }[] = [];
  let isNew = false;
  for (const [identity, one] of said) {
    const machine = basis.byIdentity.get(identity);
    if (machine?.enrolment !== 'enrolled') continue;
    const { name } = machine;
    if (one.keys && canonicalJson(one.keys) !== canonicalJson(keys[name] ?? {})) {
      const owner = otherOwner(owners, name, one.keys);
      if (owner === undefined) {
        for (const key of Object.values(one.keys)) owners.set(key, name);
        keys[name] = one.keys;
        isNew = true;
      } else taken.push({ machine: name, owner });
    }
    if (one.mtu !== undefined && one.mtu !== mtu[name] && isMtu(one.mtu)) {
      mtu[name] = one.mtu;
      isNew = true;
    }
  }
  const next = { ...facts, keys, observations: { ...facts.observations, mtu } };
  const news = isNew && { compiled: withFacts(basis, next) };
  if (taken.length > 0)
    return { author: 'server', action: 'key-taken', detail: { taken }, ...news };
  return news ? { author: 'server', ...news } : undefined;
}
