import type { ItemTypes } from '#state';
import { complianceStates } from '../../../tests/agent/states.ts';
import { hostCompliance } from '../compliance.ts';
import type { Fixture } from '../compliance-fixture.ts';
import { FakeHost } from './index.ts';
import { FakeKernel } from './kernel.ts';

/** A fake machine with `eth0` and `eth1`. */
async function open(): Promise<Fixture> {
  const kernel = new FakeKernel();
  kernel.put(undefined, 'links', { name: 'eth0', mtu: 1500, up: true });
  kernel.put(undefined, 'links', { name: 'eth1', mtu: 1500, up: true });
  kernel.put(undefined, 'addresses', { device: 'eth0', address: '192.168.66.4/24' });
  for (const path of ['net/ipv4/conf/eth0/forwarding', 'net/ipv6/conf/eth0/force_forwarding']) {
    kernel.sysctls.set(path, '0');
  }
  kernel.sysctls.set('net/ipv4/conf/eth0/src_valid_mark', '0');
  const metric = (prefix: string): number => (prefix.includes(':') ? 1024 : 0);
  const lab = (): FakeKernel => kernel.spaces.get('hw-net-lab')?.kernel ?? new FakeKernel();
  const endOfRouter = (is: Partial<ItemTypes['veths']>): void => {
    const inside = kernel.spaces.get('hw-net-gw')?.kernel;
    const pair = inside?.get('veths', 'vni7')?.item;
    if (inside && pair) inside.put('net', 'veths', { ...pair, ...is });
  };
  return {
    host: new FakeHost(kernel),
    keyFile: '/nowhere',
    publicKey: 'own',
    sysctl: (path) => kernel.sysctls.get(path) ?? '',
    hasVlans: () => true,
    hosts: () => '',
    spoil: {
      device: (name) => {
        kernel.remove('links', name);
        for (const space of kernel.spaces.values())
          for (const { item } of space.kernel.of('veths'))
            if (item.peer === name) space.kernel.remove('veths', item.name);
      },
      address: (device, address) => kernel.remove('addresses', `${device} ${address}`),
      route: (prefix) => {
        const ids = [metric(prefix), 50].map((one) => `${prefix} table 254 metric ${one}`);
        for (const id of ids) kernel.remove('routes', id);
      },
      unreachable: (prefix, own) => kernel.remove('routes', `${prefix} table 254 metric ${own}`),
      peer: (device, publicKey) => kernel.remove('peers', `${device} ${publicKey}`),
      table: (name) => kernel.remove('nft-tables', `inet ${name}`),
      element: (table, set, element) =>
        kernel.remove('nft-elements', `inet ${table} ${set} ${element}`),
      name: (address) => kernel.remove('names', `hosts file ${address}`, 'net'),
      resolver: () => kernel.remove('resolvers', 'resolver', 'net'),
      vxlan: () => lab().remove('vxlans', 'vxlan'),
      fdb: (mac) => lab().remove('fdb', `vxlan ${mac}`),
      neighbour: (address) => lab().remove('neighbours', `bridge ${address}`),
      vlan: (name) => lab().remove('vlans', name),
      proxy: (address) => lab().remove('proxies', `eth1 ${address}`),
      nearRoute: (prefix) => lab().remove('routes', `${prefix} table 254 metric 0`),
      nearSysctl: (path) => lab().remove('sysctls', path),
      bridgeMac: () =>
        lab().put('net', 'bridges', {
          name: 'bridge',
          mac: '02:00:00:00:00:77',
          up: true,
          plain: true,
        }),
      pair: (name) => {
        kernel.spaces.get('hw-net-gw')?.kernel.remove('veths', name);
        if (name === 'uplink') kernel.remove('links', 'out-gw');
      },
      bridge: () => {
        const inside = lab();
        inside.remove('bridges', 'bridge');
        for (const { item } of inside.of('vxlans'))
          inside.put('net', 'vxlans', { ...item, bridge: '', sealed: false, floods: true });
        for (const { item } of inside.of('ports'))
          inside.put('net', 'ports', { ...item, bridge: '' });
        endOfRouter({ bridge: '' });
      },
      space: () => {
        const [port] = lab().of('links');
        if (port) kernel.put(undefined, 'links', port.item);
        kernel.spaces.delete('hw-net-lab');
        kernel.spaces.get('hw-net-gw')?.kernel.remove('veths', 'vni7');
      },
      end: () => endOfRouter({ namespace: 'root', bridge: '' }),
      dhcp: () => lab().remove('dhcp-servers', 'bridge'),
      port: (device) => {
        const item = { device, bridge: '', up: false };
        lab().put('net', 'ports', item);
      },
    },
    lack: (what) => {
      kernel.lacks = what;
    },
    forbidFilters: (namespace) => {
      kernel.unfiltered = namespace;
    },
    homeDevices: () =>
      kernel.of('links').flatMap(({ item: { name } }) => (name.startsWith('eth') ? [name] : [])),
    isUp: (device) => kernel.get('links', device)?.item.up ?? false,
    foreign: {
      space: (name) =>
        void kernel.spaces.set(name, { network: undefined, kernel: new FakeKernel() }),
      picture: () =>
        JSON.stringify([
          ...(['links', 'routes', 'nft-tables'] as const).flatMap((facility) =>
            kernel.of(facility).filter(({ network, item }) => {
              const own = 'name' in item && /^eth|^out-/.test(item.name);
              return network === undefined && !own;
            }),
          ),
          kernel.spaces.has('qrouter-1'),
        ]),
      vxlan: (vni, port) => {
        const inside = new FakeKernel();
        const ends = { bridge: '', local: '192.168.66.4', up: false, sealed: false, floods: true };
        inside.put('other', 'vxlans', { name: 'vxlan', vni, port, ...ends });
        kernel.spaces.set('hw-other-lab', { network: 'other', kernel: inside });
      },
      device: (name) => kernel.put(undefined, 'links', { name, mtu: 1500, up: true }),
      route: (prefix) => {
        const item = { prefix, table: 254, metric: metric(prefix), device: 'eth0' };
        kernel.put(undefined, 'routes', item);
      },
      table: (name) => kernel.put(undefined, 'nft-tables', { family: 'inet', name }),
      port: (port) => void kernel.ports.add(port),
    },
    close: async () => {},
  };
}

hostCompliance('fake', open, complianceStates);
