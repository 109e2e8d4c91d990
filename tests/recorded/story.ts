import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { askAgent, Store } from '#agent';
import type { FileSet, RouteName } from '#api';
import type { FakeMachine } from '../agent/daemons.ts';

/** Calls a route as admin of the network `net`; it has to succeed. */
export type Call = (
  route: RouteName,
  params?: Readonly<Record<string, string>>,
  body?: unknown,
) => Promise<unknown>;

interface Doing {
  /** What people do at the server. */
  readonly server?: (call: Call) => Promise<unknown>;
  /** What happens on the machine, whose agent runs. */
  readonly machine?: (anna: FakeMachine) => Promise<unknown>;
}

async function edit(call: Call, change: (text: string) => string): Promise<void> {
  const { entry, files } = (await call('pull')) as FileSet;
  const changed = { ...files, [entry]: change(files[entry] ?? '') };
  await call('apply', {}, { entry, files: changed, force: true });
}

const network = 'net';
const address = '10.86.0.99';

/** Gives the machine the key that it has in every telling: states name it. */
export function giveKey(anna: FakeMachine): void {
  const file = new Store(anna.stateDir).keyFile(network, 0);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${Buffer.alloc(32, 'anna').toString('base64')}\n`, { mode: 0o600 });
}

/** Lets a server hand something out that fits the machine, which is paused and does not take it. */
export function putPackage(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'hawser_0.1.0_linux-amd64.tar.gz'), '');
}

/**
 * The life of the machine `anna` in a network whose hub is there already: everything that an agent and a
 * server have to say to each other. It joined by a token without admittance before its agent starts.
 */
export const story: Readonly<Record<string, Doing>> = {
  'its agent starts': { machine: (anna) => anna.start({ resync: 200 }) },
  'it is approved': { server: (call) => call('approveMachine', { machine: 'anna' }, {}) },
  'the file gives it another address': {
    server: (call) =>
      edit(call, (text) =>
        text.replace(/members:[^]*$/, `members: { anna: { overlay: ${address} } }\n`),
      ),
  },
  'somebody takes the address away': {
    machine: async ({ kernel }) => kernel.remove('addresses', `hw-net ${address}/32`),
  },
  'the network is frozen': { server: (call) => call('freeze', {}, { frozen: true }) },
  'the network is thawed': { server: (call) => call('freeze', {}, { frozen: false }) },
  'a person pauses the machine': {
    machine: ({ stateDir }) => askAgent(stateDir, { do: 'pause', seconds: 3600 }),
  },
  'its program is to be another version': {
    server: (call) => call('upgradeMachine', { machine: 'anna' }, {}),
  },
  'the pause ends': { machine: ({ stateDir }) => askAgent(stateDir, { do: 'resume' }) },
  'a person takes its last change back': {
    machine: ({ stateDir }) => askAgent(stateDir, { do: 'rollback', network }),
  },
  'it is to try that again': { server: (call) => call('retryMachine', { machine: 'anna' }) },
  'it leaves': { machine: ({ stateDir }) => askAgent(stateDir, { do: 'leave', network }) },
};
