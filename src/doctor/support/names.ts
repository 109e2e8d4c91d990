import { isIP } from 'node:net';
import { hostname, userInfo } from 'node:os';
import { agentStatus, Enrolments, heldStates } from '#agent';
import { HawserError } from '#base';
import { type Devices, linuxHost, networkOf, type Run } from '#host';
import { parseEndpoint } from '#ip';
import type { HostState } from '#state';
import { runAt } from '../gather/networks.ts';
import type { NameKind, Names } from './anonymize.ts';
import { spacesHere } from './spaces.ts';

type Draft = Record<NameKind, string[]>;

const noNames = (): Draft => ({ machine: [], network: [], host: [], person: [], rule: [] });

/** Counters that are named by Hawser itself: hashes and its own words. */
const isOwnCounter = (name: string): boolean =>
  /^(?:[\da-f]{8}(?:-\d+)?|deny|outside|vxlan|border|spoofed|rogue-dhcp|rogue-ra|not-ip|stray)$/.test(
    name,
  );

const hostOf = (endpoint: string): string => parseEndpoint(endpoint).host;

/** Host names, and each without its domain. */
const isName = (host: string): boolean => isIP(host) === 0 && host !== 'localhost';

function addState(draft: Draft, state: HostState): void {
  const peers = Object.values(state.tunnels).flatMap(({ peers: own }) => Object.entries(own));
  draft.network.push(state.network);
  draft.machine.push(state.machine, ...peers.map(([name]) => name));
  draft.host.push(...peers.flatMap(([, { endpoint }]) => endpoint ?? []).map(hostOf));
  const tables = Object.values(state.namespaces).flatMap(({ nft }) => nft?.items ?? []);
  draft.rule.push(
    ...tables.flatMap(({ counters }) => counters.filter((one) => !isOwnCounter(one))),
  );
}

function publicKeysOf({ tunnels }: HostState): readonly string[] {
  return Object.values(tunnels).flatMap(({ key, peers }) => [
    ...(key.publicKey === undefined ? [] : [key.publicKey]),
    ...Object.values(peers).map(({ publicKey }) => publicKey),
  ]);
}

/** The users of this machine who may stand in paths. */
const users = (): readonly string[] =>
  [userInfo().username, process.env['SUDO_USER'] ?? ''].filter(
    (name) => name !== '' && name !== 'root',
  );

/** What this machine knows by name, as far as this user may see it. */
export async function namesOnMachine(stateDir: string): Promise<Names> {
  const draft = noNames();
  const name = hostname();
  draft.machine.push(name, name.split('.')[0] ?? name);
  draft.person.push(...users());
  draft.network.push(...(await networksOfDevices()));
  await unlessClosed(async () => addKept(draft, stateDir));
  return { ...draft, host: draft.host.filter(isName) };
}

async function addKept(draft: Draft, stateDir: string): Promise<void> {
  for (const { state } of await heldStates(stateDir)) addState(draft, state);
  const enrolments = new Enrolments(stateDir);
  for (const network of enrolments.networks()) {
    const { machine = '', servers = [] } = enrolments.find(network) ?? {};
    draft.network.push(network);
    draft.machine.push(machine);
    draft.host.push(...servers.map((server) => new URL(server).hostname));
  }
}

/** The alias of a device of ours names its network, and everybody may read it. */
async function networksOfDevices(): Promise<readonly string[]> {
  const host = linuxHost();
  const here = await host.devices(['root']);
  const away = await Promise.all(
    (await spacesHere()).map((space) =>
      host.devices([space]).catch(() => new Map<string, Devices>()),
    ),
  );
  const devices = [here, ...away].flatMap((found) => [...found.values()].flatMap(({ all }) => all));
  return devices.flatMap(({ alias }) => networkOf(alias) ?? []);
}

/** What this user may not read gets into no bundle of theirs either. */
async function unlessClosed(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof HawserError) || error.code !== 'agent/not-permitted') throw error;
  }
}

/** Public keys and pins that may stay where they stand, as far as this user may see them. */
export async function publicWords(run: Run, stateDir: string): Promise<ReadonlySet<string>> {
  const words = new Set<string>();
  await unlessClosed(async () => {
    const held = await heldStates(stateDir);
    for (const key of held.flatMap(({ state }) => publicKeysOf(state))) words.add(key);
    const enrolments = new Enrolments(stateDir);
    for (const network of enrolments.networks()) words.add(enrolments.find(network)?.pin ?? '');
  });
  const identity = await agentStatus(stateDir).catch(() => undefined);
  words.add(identity?.identity ?? '');
  for (const key of await keysOfDevices(run, await spacesHere())) words.add(key);
  return words;
}

/** Public keys of the WireGuard devices here and in some namespaces: one of the kernel is found nowhere but where it lives. */
export async function keysOfDevices(
  run: Run,
  spaces: readonly string[],
): Promise<readonly string[]> {
  const runs = [run, ...spaces.map((space) => runAt(run, space))];
  const asked = runs.flatMap((here) =>
    ['public-key', 'peers'].map((what) =>
      here('read', ['wg', 'show', 'all', what]).catch(() => ''),
    ),
  );
  const lines = (await Promise.all(asked)).flatMap((text) => text.split('\n'));
  return lines.map((line) => line.split('\t')[1] ?? '');
}
