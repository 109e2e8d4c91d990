import { cloudServer, serveCloud } from './cloud-dhcp.ts';
import { labErrors } from './errors.ts';
import { type Lab, managedMachines, stationNamed, stationOf } from './lab.ts';
import { serverOf } from './server/at-server.ts';
import { startServer } from './server/start.ts';
import { ask, type StationClient } from './station/client.ts';

/** What can be killed on a machine. */
export type Service = 'server' | 'agent' | 'DHCP server';

/** Throws `lab/no-server`, `lab/unknown-machine`, `lab/not-managed`. */
function serviceOf(lab: Lab, machine: string): Service {
  if (cloudServer(lab, machine)) return 'DHCP server';
  if (serverOf(lab).name === machine) return 'server';
  requireManaged(lab, machine);
  return 'agent';
}

/** Throws `lab/unknown-machine`, `lab/not-managed`. */
export function requireManaged(lab: Lab, machine: string): void {
  const managed = managedMachines(lab);
  if (managed.includes(machine)) return;
  const { kind } = stationNamed(lab, machine).plan;
  const reason = kind === 'member' ? "the file says 'managed: false'" : `it is a plain ${kind}`;
  throw labErrors.error('lab/not-managed', { machine, reason, managed: managed.join(', ') });
}

/** Ends the server or an agent in the middle of whatever it does. Throws also `lab/nothing-runs`. */
export async function kill(lab: Lab, machine: string): Promise<Service> {
  const what = serviceOf(lab, machine);
  const { ran } = await ask(stationOf(lab, machine), { do: killing[what] });
  if (!ran) throw labErrors.error('lab/nothing-runs', { machine, what });
  return what;
}

const killing = {
  server: 'kill-server',
  agent: 'kill-agent',
  'DHCP server': 'kill-server',
} as const;

/** Starts what was killed. */
export async function start(lab: Lab, machine: string): Promise<Service> {
  const what = serviceOf(lab, machine);
  const cloud = cloudServer(lab, machine);
  if (what === 'server') await startServer(lab);
  else if (cloud) await serveCloud(lab, cloud);
  else await ask(stationOf(lab, machine), { do: 'start-agent', network: lab.network.name });
  return what;
}

/**
 * Takes all that Hawser made in the kernel away from a machine, and starts what runs there after a boot. What is on its
 * disk stays. It goes in order, by `hawser agent cleanup`: that it may go at once, as in a power cut, is for
 * `tests/agent` to prove.
 */
export async function reboot(lab: Lab, machine: string): Promise<Service> {
  const what = serviceOf(lab, machine);
  const station = stationOf(lab, machine);
  await ask(station, { do: killing[what] });
  if (what === 'agent') {
    await emptyKernel(station);
    await ask(station, { do: 'boot' });
  }
  return start(lab, machine);
}

/** What was made is known by its marks; what the machine remembers of it lies elsewhere. */
async function emptyKernel(station: StationClient): Promise<void> {
  const argv = ['hawser', 'agent', 'cleanup', '--state-dir', '/run/hawser/forgotten'];
  const { code, stdout, stderr } = await ask(station, { do: 'run', argv });
  if (code === 0) return;
  const reason = `${stderr}${stdout}`.trim().slice(-2000);
  throw labErrors.error('lab/station-failed', { reason });
}
