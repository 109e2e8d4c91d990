import { existsSync } from 'node:fs';
import { putItem, type SplitDnsItem } from '#state';
import { type Context, isOurs, type LinuxFacility } from '../context.ts';
import type { Device } from '../devices.ts';
import { together } from '../failure.ts';
import { networkOf } from '../mark.ts';
import { removalsOf, wishesOf } from '../pick.ts';
import { linkPath, properties, readLink, splitOf } from './bus.ts';
import { usesResolved } from './uses.ts';

const service = 'org.freedesktop.resolve1';

/** What was set for a device while it runs lies here, by its index. */
const isSet = ({ index }: Device): boolean => existsSync(`/run/systemd/resolve/netif/${index}`);

async function observeDevice(context: Context, device: Device): Promise<SplitDnsItem | undefined> {
  const asked = ['get-property', service, linkPath(device.index), `${service}.Link`, ...properties];
  // A device that has just come, systemd-resolved may not know yet.
  const text = await context.run('read', ['busctl', '--json=short', ...asked], { exits: [0, 1] });
  return text === '' ? undefined : splitOf(device.name, readLink(text));
}

/** The devices of ours for which somebody may be asked. */
function candidates(context: Context): readonly Device[] {
  const { devices, network, wanted, etc } = context;
  const ours = devices.all.filter(({ alias }) => networkOf(alias) === network);
  const known = ours.filter((device) => wanted['split-dns'].has(device.name) || isSet(device));
  return known.length > 0 && usesResolved(etc) ? known : [];
}

async function set(context: Context, { device, servers, domains }: SplitDnsItem): Promise<void> {
  for (const words of [
    ['dns', device, ...servers],
    ['domain', device, ...domains],
    // Not for any other name; and neither signed nor encrypted, which the tunnel does for all of it.
    ['default-route', device, 'no'],
    ['dnssec', device, 'no'],
    ['dnsovertls', device, 'no'],
  ]) {
    await context.run('write', ['resolvectl', ...words]);
  }
}

/** Names of the network, and no others, are asked for by its tunnels: by systemd-resolved, per device. */
export const resolved: LinuxFacility = {
  name: 'splitDns',
  v: 1,

  async observe(context) {
    const found = await Promise.all(
      candidates(context).map((device) => observeDevice(context, device)),
    );
    return (into) => {
      for (const item of found) {
        if (item && isOurs(context, item.device)) putItem(into, 'split-dns', item);
      }
    };
  },

  async establish(context, changes) {
    const failures = wishesOf(changes, 'split-dns').map(async ({ change, item }) =>
      together([change], () => set(context, item)),
    );
    return (await Promise.all(failures)).flat();
  },

  async withdraw(context, changes) {
    const failures = removalsOf(changes, 'split-dns').map(async ({ change, item }) =>
      together([change], () => context.run('write', ['resolvectl', 'revert', item.device])),
    );
    return (await Promise.all(failures)).flat();
  },
};
