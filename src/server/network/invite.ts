import { type Accepted, keyPlace, type NewInvite, type PlanResult } from '#api';
import { HawserError, Secret } from '#base';
import { exportMachineFiles, project } from '#compile';
import { addMember } from '#spec';
import { serverErrors } from '../errors.ts';
import type { Basis } from './basis.ts';
import { changeTo, planOf } from './change.ts';
import type { Operator } from './cut-off.ts';
import type { Decision } from './edit.ts';
import { keyGiven } from './give-key.ts';

/** The key that a machine has by now. */
const keyIn = ({ stored }: Basis, machine: string): string | undefined =>
  stored.facts.keys[machine]?.['0'];

/**
 * The file with whoever is invited as a member; the same if it names him already.
 * @throws server/invite-agent, server/key-in-file, server/invite-has-key, spec/not-patchable
 */
function filesWith(basis: Basis, invite: NewInvite) {
  const { machine, newKey, hub, tags = [], person, memberExpires: expires } = invite;
  const { compiled, stored } = basis;
  const { files } = stored;
  if (!compiled.has(machine)) {
    const member = {
      ...{ name: machine, managed: false as const, tags },
      ...(hub !== undefined && { hub }),
      ...(person !== undefined && { person }),
      ...(expires !== undefined && { expires }),
    };
    const text = addMember(files.entry, files.files[files.entry] ?? '', member);
    return { ...files, files: { ...files.files, [files.entry]: text } };
  }
  const named = compiled.model.nodesByName.get(machine)?.machine;
  if (named?.managed !== false) throw serverErrors.error('server/invite-agent', { machine });
  if (named.publicKey !== undefined) throw serverErrors.error('server/key-in-file', { machine });
  if (keyIn(basis, machine) !== undefined && !newKey) {
    throw serverErrors.error('server/invite-has-key', { machine });
  }
  return files;
}

/** What an invitation changes at once: a new member, and nothing of who is named already. @throws as `filesWith` */
export const invitePlan = (basis: Basis, invite: NewInvite, operator?: Operator): PlanResult =>
  planOf(basis, filesWith(basis, invite), operator);

export interface Inviting {
  readonly invite: NewInvite;
  /** `hash` of the plan that its author has seen. */
  readonly plan?: string | undefined;
  readonly why: string;
  readonly author: string;
  readonly persons: number;
}

/**
 * The change by which the file names whoever is invited, under the rules of every change. Undefined if it does.
 * @throws as `filesWith` and `changeTo`
 */
export function inviting(basis: Basis, { invite, ...said }: Inviting): Decision | undefined {
  const files = filesWith(basis, invite);
  if (files === basis.stored.files) return undefined;
  return changeTo(basis, { kind: 'apply', files, ...said });
}

/** Of the device of somebody who was invited. */
export interface Accepting {
  readonly machine: string;
  readonly publicKey: string;
}

/**
 * Makes a public key that of a device whose holder was invited; undefined if it has that one.
 * @throws as `keyGiven`; server/invite-nobody
 */
export function accepting(basis: Basis, { machine, publicKey }: Accepting): Decision | undefined {
  const instead = keyIn(basis, machine);
  const decision = keyGiven(basis, { machine, publicKey, instead, author: machine });
  if (!decision?.compiled) return decision;
  const { tunnels } = project(decision.compiled.model, machine);
  const isAlone = Object.values(tunnels).every(({ peers }) => Object.keys(peers).length === 0);
  if (isAlone) throw serverErrors.error('server/invite-nobody', { machine });
  return instead === undefined ? { ...decision, action: 'accept' } : decision;
}

const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** What a device is set up with, but for its private key, of which only its place is there. */
export function handedOut(
  { compiled: { model } }: Basis,
  machine: string,
): Omit<Accepted, 'network'> {
  const state = project(model, machine);
  const options = { privateKey: new Secret(keyPlace) };
  const fileFor = (format: 'wg-quick' | 'networkmanager' | 'windows' | 'qr') => {
    const [file] = exportMachineFiles(state, format, options);
    return { name: fileName(file?.path ?? machine), text: file?.content ?? '' };
  };
  const peers = Object.values(state.tunnels).flatMap((tunnel) => Object.keys(tunnel.peers));
  const overlayOf = (name: string): readonly string[] =>
    (model.nodesByName.get(name)?.overlay ?? []).map(String);
  return {
    machine,
    overlay: [...overlayOf(machine)],
    peers: peers.sort().map((name) => ({ machine: name, address: overlayOf(name)[0] ?? '' })),
    files: {
      wgQuick: fileFor('wg-quick'),
      networkManager: fileFor('networkmanager'),
      windows: fileFor('windows'),
      ...withoutTooLong(() => ({ qr: fileFor('qr') })),
    },
  };
}

/** Networks of hundreds of prefixes do not fit into a code. */
function withoutTooLong<T extends object>(make: () => T): T | object {
  try {
    return make();
  } catch (error) {
    if (error instanceof HawserError && error.code === 'compile/export-too-long-for-qr') return {};
    throw error;
  }
}
