import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestMachine } from '../../tests/agent/machine.ts';
import { complianceStates } from '../../tests/agent/states.ts';
import { hostCompliance } from './compliance.ts';
import type { Fixture, Lackable } from './compliance-fixture.ts';
import type { Run } from './run.ts';

/** Runs programs but for what sets filters in the namespace that is named, which fails. */
const withoutFilters =
  (forbidden: () => string | undefined) =>
  (run: Run): Run =>
  (purpose, argv, options) => {
    const isFilter = purpose === 'write' && argv.includes('nft');
    const namespace = argv[argv.indexOf('netns') + 2];
    const here = argv.includes('netns') ? namespace : 'root';
    return run(purpose, isFilter && here === forbidden() ? ['false'] : argv, options);
  };

/** What ip(8) and nft(8) say on kernels without these; nft names the line that it could not do. */
const lacking: Readonly<Record<Lackable, { readonly asked: RegExp; readonly said: string }>> = {
  spaces: {
    asked: /^ip netns add/,
    said: 'Failed to create a new network namespace "hw-net-lab": Invalid argument',
  },
  bridges: {
    asked: /^link add dev bridge .*type bridge/m,
    said: 'Error: Unknown device type.\nCommand failed -:1',
  },
  vxlans: {
    asked: /^ip link add .*type vxlan/,
    said: 'RTNETLINK answers: Operation not supported',
  },
  veths: { asked: /^ip link add .*type veth/, said: 'Error: Unknown device type.' },
  bridge: {
    asked: /^add table bridge /m,
    said: '/dev/stdin:1:1-24: Error: Could not process rule: Operation not supported\nadd table bridge hawser-net { comment "hawser:net:hawser-net"; }\n^^^^^^^^^^^^^^^^^^^^^^^^',
  },
  nftables: {
    asked: /(?:^| )nft /,
    said: 'netlink: Error: cache initialization failed: Invalid argument',
  },
};

/** Runs programs but for what needs something that the kernel is to lack, and says what they would say. */
const onKernelWithout =
  (lacks: () => Lackable | undefined) =>
  (run: Run): Run =>
  (purpose, argv, options) => {
    const { asked, said } = lacking[lacks() ?? 'spaces'];
    const words = argv.slice(argv.indexOf('--') + 1).join(' ');
    const isAsked = [words, options?.stdin ?? ''].some((text) => asked.test(text));
    // Without nftables nothing is even shown.
    const isMet = purpose === 'write' || lacks() === 'nftables';
    if (!isMet || lacks() === undefined || !isAsked) return run(purpose, argv, options);
    return run(purpose, ['sh', '-c', `echo '${said}' >&2; exit 2`]);
  };

const inLab = 'ip netns exec hw-net-lab';

/** Namespaces with `eth0` and `eth1`. */
async function open(): Promise<Fixture> {
  const machine = await TestMachine.open();
  for (const line of [
    'ip link add eth0 type veth peer name lan0',
    'ip address add 192.168.66.4/24 dev eth0',
    'ip link set dev eth0 up',
    'ip link set dev lan0 up',
    'ip link add eth1 type veth peer name lan1',
    'ip link set dev eth1 up',
  ]) {
    machine.do(line);
  }
  let forbidden: string | undefined;
  let lacked: Lackable | undefined;
  const publicKey = machine.store.publicKey('net', 0);
  return {
    host: machine.host((run) =>
      onKernelWithout(() => lacked)(withoutFilters(() => forbidden)(run)),
    ),
    keyFile: machine.store.keyFile('net', 0),
    publicKey,
    sysctl: (path) => machine.do(`cat /proc/sys/${path}`).trim(),
    hasVlans: () => {
      try {
        machine.do('ip link add link eth1 name probe type vlan id 1');
        machine.do('ip link del dev probe');
        return true;
      } catch {
        return false;
      }
    },
    hosts: () => machine.hosts(),
    spoil: {
      device: (name) => void machine.do(`ip link del dev ${name}`),
      address: (device, address) => void machine.do(`ip address del ${address} dev ${device}`),
      route: (prefix) => void machine.do(`ip route del ${prefix}`),
      unreachable: (prefix, metric) =>
        void machine.do(`ip route del unreachable ${prefix} metric ${metric}`),
      peer: (device, key) => void machine.do(`wg set ${device} peer ${key} remove`),
      table: (name) => void machine.do(`nft delete table inet ${name}`),
      element: (table, set, element) =>
        void machine.do(`nft delete element inet ${table} ${set} { ${element} }`),
      name: (address) =>
        writeFileSync(
          machine.hostsFile,
          machine.hosts().replace(new RegExp(`^${address}\\t.*\\n`, 'm'), ''),
        ),
      resolver: () => {
        const file = join(machine.folder, 'run/names/hawser:net:resolver/pid');
        machine.do(`kill -KILL ${readFileSync(file, 'utf8').trim()}`);
      },
      vxlan: () => void machine.do(`${inLab} ip link del dev vxlan`),
      fdb: (mac) => void machine.do(`${inLab} bridge fdb del ${mac} dev vxlan self`),
      neighbour: (address) => void machine.do(`${inLab} ip neigh del ${address} dev bridge`),
      port: (device) => {
        machine.do(`${inLab} ip link set dev ${device} down`);
        machine.do(`${inLab} ip link set dev ${device} nomaster`);
      },
      vlan: (name) => void machine.do(`${inLab} ip link del dev ${name}`),
      proxy: (address) => void machine.do(`${inLab} ip neigh del proxy ${address} dev eth1`),
      nearRoute: (prefix) => void machine.do(`${inLab} ip route del ${prefix}`),
      nearSysctl: (path) => void machine.do(`${inLab} tee /proc/sys/${path}`, '0'),
      bridgeMac: () => void machine.do(`${inLab} ip link set dev bridge address 02:00:00:00:00:77`),
      pair: (name) => void machine.do(`ip netns exec hw-net-gw ip link del dev ${name}`),
      bridge: () => void machine.do(`${inLab} ip link del dev bridge`),
      space: () => {
        machine.do(`${inLab} ip link set dev eth1 netns /proc/1/ns/net`);
        machine.do('ip netns del hw-net-lab');
      },
      end: () => void machine.do(`${inLab} ip link set dev router netns /proc/1/ns/net`),
      dhcp: () => {
        const file = join(machine.folder, 'run/names/hawser:net:dhcp-hw-net-lab/pid');
        machine.do(`kill -KILL ${readFileSync(file, 'utf8').trim()}`);
      },
    },
    lack: (what) => {
      lacked = what;
    },
    forbidFilters: (namespace) => {
      forbidden = namespace;
    },
    homeDevices: () =>
      [...machine.do('ip -o link').matchAll(/^\d+: (eth\d|lan\d)/gm)].map(([, name = '']) => name),
    isUp: (device) => /<[^>]*\bUP\b/.test(machine.do(`ip link show dev ${device}`)),
    foreign: {
      space: (name) => {
        machine.do(`ip netns add ${name}`);
        machine.do(`ip netns exec ${name} ip link add theirs type bridge`);
      },
      picture: () =>
        [
          ...['ip -o link show type bridge', 'nft list tables', 'ip netns list', 'ip route'],
          'ip netns exec qrouter-1 ip -o link show theirs',
        ]
          .flatMap((line) => machine.do(line).split('\n'))
          .filter((line) => /theirs|qrouter|10\.44\./.test(line))
          .join('\n'),
      vxlan: (vni, port) => {
        const space = 'hw-other-lab';
        machine.do(`ip netns add ${space}`);
        machine.do(`ip netns exec ${space} ip link set dev lo alias hawser:other:space/${space}`);
        const made = `ip link add name vxlan netns ${space} type vxlan`;
        machine.do(`${made} id ${vni} dstport ${port} local 192.168.66.4`);
      },
      device: (name) => void machine.do(`ip link add ${name} type bridge`),
      route: (prefix) => void machine.do(`ip route add ${prefix} dev eth0`),
      table: (name) => void machine.do(`nft add table inet ${name}`),
      port: (port) => {
        machine.do('wireguard-go wg-foreign');
        machine.do(`wg set wg-foreign listen-port ${port}`);
        machine.do('ip link set dev wg-foreign up');
      },
    },
    close: () => machine.close(),
  };
}

hostCompliance('Linux', open, complianceStates);
