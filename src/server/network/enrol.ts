import type { FileSet, JoinRequest } from '#api';
import { apiErrors, joinProofText } from '#api';
import { canonicalJson } from '#base';
import type { Facts } from '#compile';
import { addMember, type NewMember } from '#spec';
import { adoptedPair } from '#state';
import type { Actor } from '../actor.ts';
import { serverErrors } from '../errors.ts';
import { isSigned } from '../identity.ts';
import type { StoredMachine } from '../store/contract.ts';
import type { Basis } from './basis.ts';
import { needsTwo, next } from './change.ts';
import type { Compiled } from './compiled.ts';
import type { Decision, RevisionEdit } from './edit.ts';
import { refuseOtherKey } from './key-in-file.ts';
import { keyOwners, otherOwner } from './key-owners.ts';

export interface Enrolment {
  readonly request: JoinRequest;
  readonly actor: Actor;
  readonly at: string;
}

/** Public keys in the order of their lanes, as a joining machine signs them. */
const inOrder = (keys: JoinRequest['keys']): readonly string[] =>
  Object.keys(keys)
    .sort()
    .map((lane) => keys[lane] ?? '');

/** Facts with the keys of a machine, and its MTU and its cloud if it said any. */
export const withKeys = (
  facts: Facts,
  name: string,
  { keys, mtu, cloud }: Pick<JoinRequest, 'keys' | 'mtu' | 'cloud'>,
): Facts => ({
  ...facts,
  keys: { ...facts.keys, [name]: keys },
  observations: {
    ...withCloud(facts, name, cloud).observations,
    ...(mtu !== undefined && { mtu: { ...facts.observations.mtu, [name]: mtu } }),
  },
});

/** Facts with the cloud of a machine, instead of that of one that had its name before. */
export function withCloud(facts: Facts, name: string, cloud: string | undefined): Facts {
  const { observations: seen } = facts;
  if (cloud === seen.clouds?.[name]) return facts;
  const { [name]: _, ...others } = seen.clouds ?? {};
  const clouds = { ...others, ...(cloud !== undefined && { [name]: cloud }) };
  return { ...facts, observations: { ...seen, clouds } };
}

/** Facts with the pairs of a tunnel that a machine brings along: of its own key, and of no other. */
function withAdopted(facts: Facts, { keys, adopted }: JoinRequest): Facts {
  const own = keys['0'];
  if (!adopted || own === undefined) return facts;
  const pairs = Object.entries(adopted).map(
    ([peer, isPreshared]) => [adoptedPair(own, peer), isPreshared] as const,
  );
  return { ...facts, adopted: { ...facts.adopted, ...Object.fromEntries(pairs) } };
}

/**
 * What a machine's join changes: keys where the file names it; the file where the token admits; else it
 * waits for approval. Of one that is enrolled already only what it brings along is news.
 * @throws api/unauthorized, api/other-machine, api/name-taken, server/key-taken, server/not-managed,
 * server/other-key
 */
export function enrol(basis: Basis, enrolment: Enrolment): Decision | undefined {
  const { request, actor } = enrolment;
  const { name, identity, keys, proof } = request;
  const network = basis.stored.network;
  if (!isSigned(identity, joinProofText(network, identity, inOrder(keys)), proof)) {
    const is = 'came with an identity that this machine does not prove to have';
    throw apiErrors.error('api/unauthorized', { is });
  }
  const known = basis.byIdentity.get(identity);
  if (known) return returned(basis, known, request);
  if (actor.machine !== undefined && actor.machine !== name) {
    throw apiErrors.error('api/other-machine', { machine: actor.machine });
  }
  if (basis.machines.has(name)) throw apiErrors.error('api/name-taken', { machine: name });
  refuseTakenKeys(basis, name, keys);
  const machine = machineOf(network, enrolment);
  const base = { author: actor.name, put: [machine] };
  const detail = { machine: name, identity };
  const brought = withAdopted(basis.stored.facts, request);
  if (basis.compiled.has(name)) {
    refuseUnmanaged(basis, name);
    refuseOtherKey(basis, name, keys);
    const facts = withKeys(brought, name, request);
    return { ...base, action: 'join', detail, compiled: withFacts(basis, facts) };
  }
  if (!actor.admits || basis.held || needsTwo(basis.compiled)) {
    // Its key is nobody's yet: what it brings along means nothing until it is let in.
    const known = withCloud(brought, name, request.cloud);
    const news = known !== basis.stored.facts && { compiled: withFacts(basis, known) };
    const { person, memberLife } = actor;
    const waits = { person, ...(memberLife !== undefined && { memberLife }) };
    const put: readonly StoredMachine[] = [{ ...machine, enrolment: 'pending', ...waits }];
    return { ...base, action: 'join-request', detail, put, ...news };
  }
  const facts = withKeys(brought, name, request);
  const member = { name, tags: actor.tags, ...endOf(actor.memberLife, enrolment.at) };
  const revision = memberAdded(basis, member, facts, `${name} joined`);
  return { ...base, action: 'join', detail, revision };
}

/** When a member is cut off that has so many seconds from a time on. */
export const endOf = (seconds: number | undefined, from: string): Pick<NewMember, 'expires'> =>
  seconds === undefined
    ? {}
    : { expires: new Date(Date.parse(from) + seconds * 1000).toISOString() };

/** A machine that joined before, perhaps with another tunnel of the same key. */
function returned(
  basis: Basis,
  { name, enrolment }: StoredMachine,
  request: JoinRequest,
): Decision | undefined {
  const { facts } = basis.stored;
  const isItsKey = facts.keys[name]?.['0'] === request.keys['0'];
  const brought = withAdopted(facts, request);
  if (enrolment !== 'enrolled' || !isItsKey || same(brought, facts)) return undefined;
  return { author: name, action: 'adopt', compiled: withFacts(basis, brought) };
}

const same = (a: Facts, b: Facts): boolean => canonicalJson(a) === canonicalJson(b);

const machineOf = (network: string, { request, actor, at }: Enrolment): StoredMachine => ({
  network,
  name: request.name,
  identity: request.identity,
  enrolment: 'enrolled',
  keys: request.keys,
  joinedAt: at,
  tags: actor.tags,
  ephemeral: actor.ephemeral,
});

/** @throws server/key-taken */
export function refuseTakenKeys(basis: Basis, name: string, keys: JoinRequest['keys']): void {
  const owner = otherOwner(keyOwners(basis), name, keys);
  if (owner !== undefined) throw serverErrors.error('server/key-taken', { machine: owner });
}

export function refuseUnmanaged(basis: Basis, name: string): void {
  const node = basis.compiled.model.nodesByName.get(name);
  if (node && !node.machine.managed)
    throw serverErrors.error('server/not-managed', { machine: name });
}

/** The network with other facts. */
export const withFacts = ({ stored, compiled }: Basis, facts: Facts): Compiled =>
  compiled.next({ ...stored, facts });

/** A revision in which the file names one member more. */
export function memberAdded(
  { stored, compiled: before }: Basis,
  member: NewMember,
  facts: Facts,
  why: string,
): RevisionEdit<Compiled> {
  const { entry } = stored.files;
  const source = stored.files.files[entry] ?? '';
  const text = addMember(entry, source, member);
  const files: FileSet = { entry, files: { ...stored.files.files, [entry]: text } };
  const compiled = before.next({ files, facts, revision: next(stored.revision) });
  const summary = [`${member.name} joins`];
  return { kind: 'join', why, state: 'applied', summary, files, compiled };
}
