import { existsSync } from 'node:fs';
import { HawserError } from '#base';
import { putItem, type ResolverItem } from '#state';
import type { Context, LinuxFacility } from '../context.ts';
import { hostErrors } from '../errors.ts';
import { together } from '../failure.ts';
import { removalsOf, wishesOf } from '../pick.ts';
import { itemOf, resolverArgv } from './argv.ts';
import { pidFile, removeFolder, serverMark, tableFolder } from './folder.ts';
import { findProcess, startProcess, stopProcess, watch } from './process.ts';

/** Name of a machine's one resolver of a network. */
const name = 'resolver';

/** Where a resolver is wished, or may be left. */
const mayRun = (context: Context): boolean =>
  context.namespace === 'root' &&
  (context.wanted.resolvers.size > 0 ||
    context.wish.thorough === true ||
    existsSync(tableFolder(context)));

const taken = /failed to create listening socket for (\S+): Address already in use/;

function explained(error: unknown, item: ResolverItem): unknown {
  if (!(error instanceof HawserError)) return error;
  const zone = item.zones[0] ?? '';
  if (error.code === 'host/command-missing')
    return hostErrors.error('host/no-dnsmasq', { zone }, { cause: error });
  const address = taken.exec(error.message)?.[1];
  if (address === undefined) return error;
  return hostErrors.error('host/dns-port-taken', { address, zone }, { cause: error });
}

async function start(context: Context, item: ResolverItem): Promise<void> {
  const places = { tables: tableFolder(context), pid: pidFile(context) };
  try {
    await startProcess(context, resolverArgv(item, places));
  } catch (error) {
    throw explained(error, item);
  }
}

/** A resolver for the names of a network, by dnsmasq. */
export const dnsmasq: LinuxFacility = {
  name: 'resolvers',
  v: 1,

  async observe(context) {
    if (context.namespace !== 'root') return () => undefined;
    const running = mayRun(context) ? await findProcess(context) : undefined;
    if (running) watch(context, running.pid);
    else context.vigil.forget(serverMark(context));
    return (into) => {
      if (running) putItem(into, 'resolvers', itemOf(name, running.argv));
    };
  },

  async establish(context, changes) {
    const failures = wishesOf(changes, 'resolvers').map(async ({ change, item, before }) =>
      together([change], async () => {
        if (before) await stopProcess(context);
        await start(context, item);
      }),
    );
    return (await Promise.all(failures)).flat();
  },

  async withdraw(context, changes) {
    const gone = removalsOf(changes, 'resolvers').map(({ change }) => change);
    return together(gone, async () => {
      await stopProcess(context);
      removeFolder(context);
    });
  },
};
