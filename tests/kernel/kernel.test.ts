import { globSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HostState } from '#state';
import { filterTable, hubState, strangers } from '../agent/states.ts';
import { machineState, type PeerInit } from '../support/states.ts';
import { suite } from '../support/suite.ts';
import { expectHolds } from './expect.ts';
import { HawserMachine, type Pass, type Proof, patience } from './hawser.ts';
import {
  atMachine,
  delayed,
  delayUplink,
  endFlood,
  inLabOf,
  learnRoute,
  makeLan,
  makeStations,
  picture,
  tagged,
  tunnelPicture,
  withSegment,
} from './scripts.ts';

function expectUnbroken(said: string): void {
  const answered = [...said.matchAll(/icmp_seq=(\d+)/g)].map(([, number]) => Number(number));
  expect(answered.length).toBeGreaterThan(10);
  expect(answered).toEqual(answered.map((_, index) => index + 1));
}

suite('on Debian’s own kernel', { needs: ['qemu', 'root', 'procps'] }, () => {
  let vm: HawserMachine;

  beforeAll(async () => {
    vm = await HawserMachine.boot();
  }, patience);
  afterAll(() => vm.close());

  function apply(state: HostState): Promise<Pass> {
    const file = vm.machine.write('state.json', JSON.stringify(state));
    return vm.json<Pass>('agent', 'apply', '--state', file);
  }

  describe('a lab', () => {
    const inLab = inLabOf('denbi-hybrid');

    test(
      'has tunnels that are devices of the kernel, and a second pass writes nothing',
      async () => {
        await vm.must('lab', 'up', '--direct', '--no-proof', 'examples/hybrid-cloud.yaml');
        const state = '/tmp/labs/denbi-hybrid/states/master.json';
        const apply = [...vm.bundle, 'agent', 'apply', '--json', '--state', state];
        const said = await vm.script(`${inLab}
          on master ip -d link show wg0 | grep -w wireguard >&2
          test -z "$(ps -eo comm | grep wireguard-go)"
          HAWSER_LABS=/tmp/labs ${vm.bundle.join(' ')} lab exec master -- ${apply.join(' ')}`);
        const pass = JSON.parse(said) as Pass;
        expect(pass).toMatchObject({ unchanged: true, writes: 0, backends: { wg0: 'kernel' } });
      },
      patience,
    );

    test(
      'refuses what a deleted device should carry; one pass repairs it, and every flow does what the file says, on a slow and lossy way',
      async () => {
        const refused = await vm.script(`${inLab}
          on vpn ip link del wg0
          on remote-1 ping -n -c 1 -W 20 192.168.66.11 || true`);
        expect(refused).toContain('From 192.168.77.4 icmp_seq=1 Destination Host Unreachable');
        await vm.must('lab', 'reconcile', 'vpn');
        const uplink = (await vm.script(`${inLab}${delayUplink}`)).trim();
        const proof = await vm.json<Proof>('lab', 'prove');
        expectHolds(proof);
        expect(proof.handshakes.expected).toBeGreaterThan(0);
        expect(proof.flows.length).toBeGreaterThan(0);
        expect(await vm.script(`${inLab}${delayed(uplink)}`)).toMatch(/netem.*\n Sent [1-9]/);
      },
      patience,
    );

    test(
      'taken down, leaves nothing',
      async () => {
        await vm.must('lab', 'down');
        const left = await vm.script(
          `ip -br link; ls /tmp/labs; ps -eo args | grep '[h]awser' || true`,
        );
        expect(
          left
            .trim()
            .split('\n')
            .map((line) => line.split(/\s/)[0]),
        ).toEqual(['lo']);
      },
      patience,
    );
  });

  // These have tests of their own.
  const others = ['hybrid-cloud', 'stretched', 'tenant-router'];
  const exclude = others.map((example) => `examples/${example}.yaml`);

  describe.each(globSync('examples/*.yaml', { exclude }))('the lab of %s', (example) => {
    test(
      'does what the file says on a slow and lossy way',
      async () => {
        await vm.must('lab', 'up', '--direct', '--no-proof', example);
        const [lab] = await vm.json<readonly { readonly network: string }[]>('lab', 'list');
        const network = lab?.network ?? '';
        const inLab = inLabOf(network);
        const uplink = (await vm.script(`${inLab}${delayUplink}`)).trim();
        const proof = await vm.json<Proof>('lab', 'prove');
        expectHolds(proof);
        expect(proof.flows.length).toBeGreaterThan(0);
        expect(await vm.script(`${inLab}${delayed(uplink)}`)).toMatch(/netem.*\n Sent [1-9]/);
        await vm.must('lab', 'down', network);
      },
      patience,
    );
  });

  describe('a lab with a stretched segment', () => {
    const inLab = inLabOf('stretched');
    const space = 'ip netns exec hw-stretched-mosler';
    const tables = `${atMachine}
      at knox-gw ${space} nft list tables | grep policy`;

    test(
      'lets pass what its policy says and nothing else, between two VLANs, one routed, on a slow and lossy way',
      async () => {
        await vm.script('test ! -e /proc/sys/net/bridge');
        const file = vm.machine.write('stretched.yaml', tagged());
        await vm.must('lab', 'up', '--direct', '--no-proof', file);
        const uplink = (await vm.script(`${inLab}${delayUplink}`)).trim();
        await vm.script(`${inLab}${atMachine}
          at knox-gw ${space} ip -d link show vlan1203 | grep -w '802.1Q id 1203'
          at epouta-gw ${space} ip -d link show vlan1204 | grep -w '802.1Q id 1204'
          at knox-gw ip -d link show wg0 | grep -w wireguard`);
        const proof = await vm.json<Proof>('lab', 'prove');
        expectHolds(proof);
        expect(proof.flows.length).toBeGreaterThan(0);
        expect(await vm.script(`${inLab}${delayed(uplink)}`)).toMatch(/netem.*\n Sent [1-9]/);
        // Bridges track connections here, so nobody has to load anything.
        expect(await vm.script(tables)).toContain('bridge hawser-stretched-policy-tracked');
      },
      patience,
    );

    test(
      'asks the policy in the filters of IP once br_netfilter is there, and lets the same pass',
      async () => {
        await vm.script('modprobe br_netfilter');
        await vm.must('lab', 'reconcile', 'knox-gw');
        const now = await vm.script(tables);
        expect(now).toContain('inet hawser-stretched-policy');
        expect(now).not.toContain('tracked');
        const proof = await vm.json<Proof>('lab', 'ping', 'epouta-1', 'knox-1');
        expect(proof.mismatches).toEqual([]);
        await vm.must('lab', 'down');
        await vm.script('rmmod br_netfilter');
      },
      patience,
    );
  });

  describe('an agent', () => {
    interface Doctor {
      readonly checks: readonly {
        readonly findings: readonly { readonly code: string; readonly fix: string }[];
      }[];
    }
    /** What the doctor says of how WireGuard is done. */
    const findings = async () =>
      (await vm.json<Doctor>('doctor', '--only', 'wireguard')).checks.flatMap(
        (check) => check.findings,
      );

    /** Of a spoke made by hand. */
    let spokeKey: string;
    let before: string;

    /** The hub with the spoke made by hand and these others; its filter lets all pass. */
    function wished(peers: Readonly<Record<string, PeerInit>>): HostState {
      const state = hubState({
        spoke: { publicKey: spokeKey, carries: ['10.0.0.9/32'] },
        ...peers,
      });
      const root = state.namespaces['root'] ?? {};
      const table = { ...filterTable(), chains: [], maps: [] };
      return { ...state, namespaces: { root: { ...root, nft: { v: 1, items: [table] } } } };
    }

    test(
      'makes its tunnel in the kernel; where IPv6 forwards for all devices, advertised routes stay',
      async () => {
        const hubKey = (await vm.hawser('agent', 'key', '--network', 'net')).out.trim();
        spokeKey = (await vm.script(makeLan(hubKey))).trim();
        // Of a time when the kernel could not.
        await vm.script('modprobe tun; wireguard-go wg0; ip link set wg0 alias hawser:net:wg0');
        const [slow] = await findings();
        expect(slow?.code).toBe('doctor/slow-wireguard');
        await vm.script(/`([^`]+)`/.exec(slow?.fix ?? '')?.[1] ?? 'false');
        before = await vm.script(`${learnRoute}${picture}`);
        const pass = await apply(wished(strangers('vpn', 'alice')));
        expect(pass).toMatchObject({ failures: [], backends: { wg0: 'kernel' } });
        expect(await findings()).toEqual([]);
        const said = await vm.script(`
          test ! -e /proc/sys/net/ipv6/conf/eth0/force_forwarding
          sysctl -n net.ipv6.conf.all.forwarding net.ipv6.conf.eth0.accept_ra
          ip -6 route show default proto ra | grep -o 'dev eth0'
          ip -6 route flush proto ra
          ${learnRoute}
          ip netns exec lan ping -q -c 3 -i 0.2 -W 20 10.0.0.1 | grep -o ' 0% packet loss'`);
        expect(said.trim().split(/\n\s*/)).toEqual(['1', '2', 'dev eth0', '0% packet loss']);
      },
      patience,
    );

    test(
      'a healthy tunnel loses nothing while others come, change, go and hand over a prefix',
      async () => {
        const others = {
          vpn: { keepalive: 7, carries: ['10.0.1.0/32'] },
          bob: { carries: ['10.0.1.1/32', '10.0.3.0/24'] },
        };
        await vm.script(
          'ip netns exec lan ping -n -i 0.02 10.0.0.1 >/tmp/flood & echo $! >/tmp/flood.pid',
        );
        const pass = await apply(wished(others));
        const said = await vm.script(endFlood);
        expect(pass.failures).toEqual([]);
        expect(pass.changes.filter(({ kind }) => kind === 'move')).not.toEqual([]);
        expect(pass.changes.filter(({ id }) => id.includes(spokeKey))).toEqual([]);
        expectUnbroken(said);
        expect(await apply(wished(others))).toMatchObject({ unchanged: true, writes: 0 });
      },
      patience,
    );

    test(
      'cleanup leaves the machine as it was, sysctls too',
      async () => {
        expect((await vm.hawser('agent', 'cleanup')).code).toBe(0);
        expect(await vm.script(picture)).toBe(before);
      },
      patience,
    );

    test(
      'takes a tunnel of the kernel over that others made, and gives it back, without a lost packet',
      async () => {
        const adoption = { network: 'net', interface: 'wg0', anyway: false, units: [] };
        const file = vm.machine.write('adoption.json', JSON.stringify(adoption));
        const made = await vm.script(`
          ip link add wg0 type wireguard
          wg set wg0 private-key /var/lib/hawser/keys/net/0.key listen-port 51820 peer ${spokeKey} allowed-ips 10.0.0.9/32
          ip address add 10.0.0.1/24 dev wg0
          ip link set wg0 up
          own=$(wg show wg0 public-key)
          ip netns exec lan wg set wg9 peer $own remove
          ip netns exec lan wg set wg9 peer $own allowed-ips 10.0.0.0/24 endpoint 192.168.66.4:51820
          ip netns exec lan ping -q -c 1 -W 20 10.0.0.1 >/dev/null
          install -D -m 600 ${file} /var/lib/hawser/adopted/net.json
          ip netns exec lan ping -n -i 0.02 10.0.0.1 >/tmp/flood & echo $! >/tmp/flood.pid
          ${tunnelPicture}`);
        const state = machineState({
          network: 'net',
          addresses: ['10.0.0.1/32'],
          peers: { spoke: { publicKey: spokeKey, carries: ['10.0.0.9/32'] } },
          routes: [{ prefix: '10.0.0.0/24', device: 'wg0', table: 254 }],
        });
        const pass = await apply(state);
        expect(pass).toMatchObject({ failures: [], changes: [], writes: 1 });
        const marked = `${tunnelPicture}\nip -d link show wg0 | grep -o 'alias hawser.*' || true`;
        expect(await vm.script(marked)).toBe(`${made}alias hawser:net:adopted/wg0\n`);
        expect((await vm.hawser('agent', 'cleanup')).code).toBe(0);
        const said = await vm.script(`${marked}\necho ---\n${endFlood}`);
        expect(said.split('---')[0]).toBe(made);
        expectUnbroken(said);
      },
      patience,
    );

    test(
      'joins machines with a VLAN tag on its port to those behind a tunnel, and leaves the port where it is',
      async () => {
        await vm.script(makeStations);
        const state = withSegment(
          machineState({
            network: 'net',
            addresses: ['10.0.0.1/32'],
            peers: { spoke: { publicKey: spokeKey, carries: ['10.0.0.9/32'] } },
            routes: [{ prefix: '10.0.0.0/24', device: 'wg0', table: 254 }],
          }),
        );
        expect(await apply(state)).toMatchObject({ failures: [], backends: { wg0: 'kernel' } });
        const said = await vm.script(`
          own=$(wg show wg0 public-key)
          ip netns exec lan wg set wg9 peer $own remove
          ip netns exec lan wg set wg9 peer $own allowed-ips 10.0.0.0/24 endpoint 192.168.66.4:51820
          ip netns exec lan ping -q -c 1 -W 20 10.0.0.1 >/dev/null
          ip netns exec tagged ping -q -c 2 -i 0.2 -W 20 10.9.0.2 | grep -o ' 0% packet loss'
          ip netns exec hw-net-lab ip -d link show vlan9 | grep -o '802.1Q id 9'
          ip -br link show eth1 | grep -o UP | head -n 1`);
        expect(said.trim().split(/\n\s*/)).toEqual(['0% packet loss', '802.1Q id 9', 'UP']);
        expect(await apply(state)).toMatchObject({ unchanged: true, writes: 0 });
        expect((await vm.hawser('agent', 'cleanup')).code).toBe(0);
        expect(await vm.script('ip netns list; ip -br link show eth1')).toMatch(
          /^(?!.*hw-net-lab).*eth1/s,
        );
      },
      patience,
    );

    test(
      'lives elsewhere than its socket, there and back, and loses no peer, key or counter',
      async () => {
        const tenant = 'hw-net-tenant';
        const home = machineState({
          network: 'net',
          addresses: ['10.0.0.1/32'],
          peers: { spoke: { publicKey: spokeKey, carries: ['10.0.0.9/32'] } },
          routes: [{ prefix: '10.0.0.0/24', device: 'wg0', table: 254 }],
        });
        const { root = {} } = home.namespaces;
        const { main } = home.tunnels;
        const away: HostState = {
          ...home,
          namespaces: { root: {}, [tenant]: root },
          tunnels: main ? { main: { ...main, livesIn: tenant } } : {},
        };
        /** Handshakes begun by the machine itself, as the spoke's end counts them: nobody else asks it to. */
        const look = async () => {
          const said = await vm.script(`
            wg show wg0 dump || ip netns exec ${tenant} wg show wg0 dump
            ip netns exec lan nft list counter ip first begun`);
          const [device = '', peer = '', ...counter] = said.trim().split('\n');
          const [key, , , carries, , received] = peer.split('\t');
          const begun = Number(/packets (\d+)/.exec(counter.join())?.[1]);
          return { kept: { device, key, carries }, received: Number(received), begun };
        };

        expect(await apply(home)).toMatchObject({ failures: [], backends: { wg0: 'kernel' } });
        await vm.script(`
          own=$(wg show wg0 public-key)
          ip netns exec lan wg set wg9 peer $own remove
          ip netns exec lan wg set wg9 peer $own allowed-ips 10.0.0.0/24 endpoint 192.168.66.4:51820
          ip netns exec lan ping -q -c 50 -i 0.05 -W 20 10.0.0.1 >&2
          ip netns exec lan nft 'table ip first { counter begun { }; chain in {
            type filter hook input priority 0; ip saddr 192.168.66.4 udp length 156 counter name begun; }; }'
          ip netns exec lan ping -q -i 0.1 10.0.0.1 >/tmp/flood & echo $! >/tmp/flood.pid`);
        let before = await look();
        for (const state of [away, home]) {
          expect(await apply(state)).toMatchObject({ failures: [] });
          const now = await look();
          expect(now.kept).toEqual(before.kept);
          expect(now.received).toBeGreaterThan(before.received);
          expect(now.begun).toBeGreaterThan(before.begun);
          expect(await apply(state)).toMatchObject({ unchanged: true, writes: 0 });
          before = now;
        }
        await vm.script('kill -INT $(cat /tmp/flood.pid)');
        expect((await vm.hawser('agent', 'cleanup')).code).toBe(0);
      },
      patience,
    );
  });
});
