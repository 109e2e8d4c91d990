import { hash } from 'node:crypto';
import { apiErrors, type Install, type Package, type Upgrade } from '#api';
import { serverErrors } from '../../errors.ts';
import { newerOf } from '../../installer/packages.ts';
import type { Handlers } from '../call.ts';
import type { Context } from './context.ts';

/** Seconds that a new agent has unless said. */
const usually = 60;

/**
 * Orders of one version that follow the same one have one id: two servers that are asked at once name the one
 * that the agent gets.
 */
const idOf = (identity: string, version: string, before: Upgrade | undefined): string =>
  hash('sha256', [identity, version, before?.id].join(' '));

export const upgradeHandlers = (context: Context): Pick<Handlers, 'upgradeMachine'> => ({
  async upgradeMachine({ params, body, actor }) {
    const { network, hub } = context.networks.get(params.network);
    const { snapshot } = network;
    const machine = snapshot.machines.get(params.machine);
    if (!machine) throw noMachine(params.machine);
    if (snapshot.stored.frozen)
      throw serverErrors.error('server/frozen', { network: network.name });
    const card = hub.present(machine.identity)?.card;
    if (!card) throw serverErrors.error('server/not-connected', { machine: machine.name });
    const { install, program, upgrade } = card;
    if (!install) throw serverErrors.error('server/no-upgrade', { machine: machine.name, program });
    const packages = await packagesFor(context, install);
    const version = packages[0]?.version ?? '';
    if (upgrade?.outcome === 'working') return joined(machine.name, upgrade, version);
    // Asked again after a lost answer.
    if (upgrade?.outcome === 'done' && upgrade.version === version)
      return { id: upgrade.id, version };
    const { why } = body;
    const detail = { machine: machine.name, version, ...(why && { why }) };
    await network.commit(() => ({ author: actor.name, action: 'upgrade', detail }));
    const id = idOf(machine.identity, version, upgrade);
    const order = { packages: [...packages], within: body.within ?? usually };
    const sent = { type: 'upgrade', id, ...order } as const;
    return { id: hub.orders.upgrade(machine.identity, sent), version };
  },
});

/** Who wants what is under way already waits for the same. @throws server/upgrade-under-way */
function joined(machine: string, { id, version }: Upgrade, wanted: string) {
  if (version === wanted) return { id, version };
  throw serverErrors.error('server/upgrade-under-way', { machine, version });
}

const noMachine = (name: string) =>
  apiErrors.error('api/not-found', { what: `machine ${name} that joined` });

/** @throws server/no-packages, server/older-than-package */
async function packagesFor(
  { packages, version: own }: Context,
  { kind, architecture }: Install,
): Promise<readonly Package[]> {
  const all = await packages.list();
  const fit = all.filter((one) => one.kind === kind && one.architecture === architecture);
  const [first] = fit;
  if (!first) {
    const what = all.length === 0 ? '' : ` for it (${kind}, ${architecture})`;
    throw serverErrors.error('server/no-packages', { what });
  }
  const { version } = first;
  if (own !== undefined && newerOf(version, own) !== own) {
    throw serverErrors.error('server/older-than-package', { version, own });
  }
  return fit;
}
