import type { NetworkStatus } from '#api';
import { inParallel } from '#base';
import { labErrors } from '../errors.ts';
import { counting, type Report } from '../events.ts';
import { inWaves, type Lab, stationOf } from '../lab.ts';
import { busyWidth, until } from '../run.ts';
import { ask } from '../station/client.ts';
import { atServer } from './at-server.ts';

/**
 * Lets machines join the network and starts their agents. All join before the first agent asks what its
 * machine should be: it then knows all its peers at once.
 */
export async function enrol(lab: Lab, machines: readonly string[], report: Report): Promise<void> {
  if (machines.length === 0) return;
  const network = lab.network.name;
  const token = await joinToken(lab, machines.length);
  const joined = counting(report, 'join', machines.length);
  await inParallel(machines, 8, async (name) => {
    await ask(stationOf(lab, name), { do: 'join', token, name });
    joined(name);
  });
  const started = counting(report, 'agents', machines.length);
  for (const wave of inWaves(lab, machines)) {
    await inParallel(wave, busyWidth, async (name) => {
      await ask(stationOf(lab, name), { do: 'start-agent', network });
      started(name);
    });
  }
}

async function joinToken(lab: Lab, uses: number): Promise<string> {
  const flags = ['--join', '--uses', `${uses}`, '--network', lab.network.name, '--name', 'lab'];
  const made = await atServer(lab, 'token', 'create', ...flags);
  return (made as { readonly token: string }).token;
}

/** Milliseconds until every agent must have confirmed what its machine should be. */
const confirmsWithin = 60_000;

/** Waits until all these machines are connected and have confirmed what they should be. Throws `lab/not-settled`. */
export async function settle(lab: Lab, machines: readonly string[]): Promise<void> {
  let open = machines;
  const settled = async () => {
    const status = await statusAtServer(lab);
    open = machines.filter((name) => !isSettled(status, name));
    return open.length === 0;
  };
  if (await until(settled, { withinMs: confirmsWithin, everyMs: 100 })) return;
  const { server = '' } = lab.record;
  throw labErrors.error('lab/not-settled', { machines: open.join(', '), server });
}

export const statusAtServer = async (lab: Lab): Promise<NetworkStatus> =>
  (await atServer(lab, 'status', '--network', lab.network.name)) as NetworkStatus;

function isSettled({ machines }: NetworkStatus, name: string): boolean {
  const machine = machines.find((one) => one.name === name);
  if (!machine?.connected || machine.failures.length > 0) return false;
  return machine.confirmed === machine.wanted && !machine.notes.includes('behind');
}
