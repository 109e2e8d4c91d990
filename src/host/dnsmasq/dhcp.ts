import { existsSync } from 'node:fs';
import { HawserError } from '#base';
import { type DhcpServerItem, putItem } from '#state';
import type { Context, LinuxFacility } from '../context.ts';
import { hostErrors } from '../errors.ts';
import { oneByOne } from '../failure.ts';
import { writePublicFile } from '../files.ts';
import { readShared } from '../names/replace-file.ts';
import { removalsOf, wishesOf } from '../pick.ts';
import { dhcpArgv, dhcpItemOf, knownIn, knownText } from './dhcp-argv.ts';
import { knownFile, makeFolder, pidFile, removeFolder, serverMark, tableFolder } from './folder.ts';
import { leaseFile, prepareLeases, removeLeases } from './leases.ts';
import { findProcess, reload, startProcess, stopProcess, watch } from './process.ts';

/** What dnsmasq says where it cannot write its leases (dnsmasq's lease.c). */
const leasesClosed = /cannot open or create lease file \S+: (.*)/;

function explained(error: unknown, context: Context): unknown {
  if (!(error instanceof HawserError)) return error;
  const { namespace } = context;
  if (error.code === 'host/command-missing') {
    return hostErrors.error('host/no-dhcp', { namespace }, { cause: error });
  }
  const [, detail] = leasesClosed.exec(error.message) ?? [];
  if (detail === undefined) return error;
  const args = { file: leaseFile(context), detail };
  return hostErrors.error('host/leases-closed', args, { cause: error });
}

async function start(context: Context, item: DhcpServerItem): Promise<void> {
  const places = {
    tables: tableFolder(context),
    pid: pidFile(context),
    known: knownFile(context),
    leases: prepareLeases(context),
  };
  try {
    await startProcess(context, dhcpArgv(item, places));
  } catch (error) {
    throw explained(error, context);
  }
}

/** Where one is wished, or may be left. */
const mayRun = (context: Context): boolean =>
  context.wanted['dhcp-servers'].size > 0 ||
  context.wish.thorough === true ||
  existsSync(tableFolder(context));

const withoutHosts = ({ hosts: _, ...rest }: DhcpServerItem): string => JSON.stringify(rest);

/** Those it knows are read again; all else it learns at its start. */
async function establish(
  context: Context,
  item: DhcpServerItem,
  before?: DhcpServerItem,
): Promise<void> {
  makeFolder(context);
  writePublicFile(knownFile(context), knownText(item.hosts));
  if (before && withoutHosts(before) === withoutHosts(item)) return reload(context);
  if (before) await stopProcess(context);
  await start(context, item);
}

/** DHCP servers in the namespaces of segments, by dnsmasq; they answer for names there as well. */
export const dhcp: LinuxFacility = {
  name: 'dhcp-servers',
  v: 2,

  async observe(context) {
    const running = mayRun(context) ? await findProcess(context) : undefined;
    if (running) watch(context, running.pid);
    else context.vigil.forget(serverMark(context));
    return (into) => {
      if (!running) return;
      const hosts = knownIn(readShared(knownFile(context)) ?? '');
      putItem(into, 'dhcp-servers', { ...dhcpItemOf(running.argv), hosts });
    };
  },

  establish: (context, changes) =>
    oneByOne(wishesOf(changes, 'dhcp-servers'), ({ item, before }) =>
      establish(context, item, before),
    ),

  withdraw: (context, changes) =>
    oneByOne(removalsOf(changes, 'dhcp-servers'), async () => {
      await stopProcess(context);
      removeFolder(context);
      removeLeases(context);
    }),
};
