import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { datagramOf, ipLies, linkLies, type Speaker } from '../agent/frames.ts';
import { hearer, sender } from '../agent/raw-frames.ts';
import { suite } from '../support/suite.ts';
import { expectHolds } from './expect.ts';
import { HawserMachine, type Pass, type Proof, patience } from './hawser.ts';
import { atMachine, inLabOf, megabyte, speak } from './scripts.ts';

const file = 'tests/kernel/families.yaml';
/** As which each of two machines is known, by either family. */
const knox4: Speaker = { mac: '02:00:00:00:01:11', address: '10.9.0.11' };
const knox6: Speaker = { ...knox4, address: 'fd09::11' };
const pouta4: Speaker = { mac: '02:00:00:00:01:21', address: '10.9.0.21' };
const pouta6: Speaker = { ...pouta4, address: 'fd09::21' };

/** What knox-1 says as if it were somebody else, and how its gateway counts it. */
const lies = [
  ...ipLies(knox4, pouta4, '10.9.0.77'),
  ...ipLies(knox6, pouta6, 'fd09::77'),
  ...linkLies(knox4, pouta4, '10.9.0.77'),
];

/** By the words of the file. */
const allowed = [
  ...['icmp', 'tcp/7000', 'udp/7770'].flatMap((port) => [
    `knox-1 > pouta-1 ${port}`,
    `pouta-1 > knox-1 ${port}`,
  ]),
  'pouta-1 > knox-2 udp/7770',
].sort();

/** Flows between machines of the segment at two sites. */
const crossing = ({ flows }: Proof) =>
  flows.filter(({ from, to }) => /^(knox-[12] pouta-1|pouta-1 knox-[12])$/.test(`${from} ${to}`));

suite('segments on Debian’s own kernel', { needs: ['qemu', 'root', 'procps'] }, () => {
  let vm: HawserMachine;

  beforeAll(async () => {
    vm = await HawserMachine.boot();
  }, patience);
  afterAll(() => vm?.close());

  test(
    'find all there that they are made of, says the doctor',
    async () => {
      const found = await vm.json<{ readonly checks: readonly object[] }>(
        ...['doctor', '--only', 'segment-kernel'],
      );
      const all = { is: 'fine', findings: [], detail: 'none here yet' };
      expect(found.checks).toMatchObject([all]);
    },
    patience,
  );

  test(
    'have ports there for a tag of a device, and for two, which a host makes, mends and takes away',
    async () => {
      await vm.script('modprobe tun');
      const said = await vm.test(/tags? of/, 'src/host/linux.netns.test.ts');
      expect(said).toContain('2 passed, 0 failed');
    },
    patience,
  );

  describe('of both families, with a tag each on the ports of two sites', () => {
    const space = 'hw-families-lab';
    const inLab = `${inLabOf('families')}${atMachine}`;

    beforeAll(async () => {
      await vm.must('lab', 'up', '--direct', '--no-proof', file);
    }, patience);

    const counted = async (): Promise<Readonly<Record<string, number>>> => {
      const text = await vm.script(`${inLab}at knox-gw ip netns exec ${space} nft list counters`);
      const found = [...text.matchAll(/counter (\S+) \{\s+packets (\d+)/g)];
      return Object.fromEntries(found.map(([, name = '', packets]) => [name, Number(packets)]));
    };

    test(
      'leaves a device alone that somebody made for one of the tags, while the other segment works, and goes on when that is gone',
      async () => {
        const state = '/tmp/labs/families/states/knox-gw.json';
        const apply = [...vm.bundle, 'agent', 'apply', '--json', '--state', state].join(' ');
        const said = await vm.script(`${inLab}
          at knox-gw ip -n ${space} link del vlan9
          at knox-gw ip link add link eth1 name theirs type vlan id 9
          at knox-gw ip -n hw-families-beside -d link show vlan10 | grep -w '802.1Q id 10' >&2
          HAWSER_LABS=/tmp/labs ${vm.bundle.join(' ')} lab exec knox-gw -- ${apply} || true
          at knox-gw ip -d link show theirs | grep -w '802.1Q id 9' >&2
          at knox-gw ip link del theirs`);
        const { failures } = JSON.parse(said) as Pass;
        expect(failures).toMatchObject([
          { change: { id: 'vlan9' }, error: { code: 'host/port-in-use' } },
        ]);
        await vm.must('lab', 'reconcile', 'knox-gw');
        await vm.script(`${inLab}at knox-gw ip -n ${space} link show vlan9`);
      },
      patience,
    );

    test(
      'leaves a WireGuard interface alone that is named as the port of both tags, and goes on when it is not',
      async () => {
        const state = '/tmp/labs/families/states/knox-gw.json';
        const apply = [
          ...vm.bundle,
          'agent',
          'apply',
          '--json',
          '--state',
          '/tmp/theirs.json',
        ].join(' ');
        const said = await vm.script(`${inLab}
          at knox-gw ip link add theirs type wireguard
          at knox-gw ip link set theirs up
          sed -E 's/("parent": ?)"eth1"/\\1"theirs"/g' ${state} >/tmp/theirs.json
          HAWSER_LABS=/tmp/labs ${vm.bundle.join(' ')} lab exec knox-gw -- ${apply} || true
          at knox-gw ip -d link show theirs | grep -w UP >&2
          at knox-gw ip link del theirs`);
        const { failures } = JSON.parse(said) as Pass;
        expect(failures).toMatchObject(
          ['vlan10', 'vlan9'].map((id) => ({
            change: { id },
            error: { code: 'host/port-in-use', message: expect.stringContaining('a tunnel') },
          })),
        );
        await vm.must('lab', 'reconcile', 'knox-gw');
        await vm.script(`${inLab}at knox-gw ip -n ${space} link show vlan9`);
      },
      patience,
    );

    describe.each([
      {
        tracker: 'bridges track connections',
        prepare: () => vm.script('test ! -e /proc/sys/net/bridge'),
        table: 'bridge hawser-families-policy-tracked',
      },
      {
        tracker: 'the filters of IP are asked (br_netfilter)',
        prepare: async () => {
          await vm.script('modprobe br_netfilter');
          for (const gateway of ['knox-gw', 'pouta-gw']) await vm.must('lab', 'reconcile', gateway);
        },
        table: 'inet hawser-families-policy',
      },
    ])('where $tracker', ({ prepare, table }) => {
      beforeAll(() => prepare(), patience);

      test(
        'lets pass what the policy says and nothing else, by either family',
        async () => {
          const said = await vm.script(`${inLab}
            at knox-gw ip -d link show wg0 | grep -w wireguard >&2
            at knox-gw ip -n ${space} -d link show vlan9 | grep -w '802.1Q id 9' >&2
            at knox-gw ip -n hw-families-beside -d link show vlan10 | grep -w '802.1Q id 10' >&2
            at knox-gw ip netns exec ${space} nft list tables | grep policy`);
          expect(said).toContain(`table ${table}\n`);
          const proof = await vm.json<Proof>('lab', 'prove');
          expectHolds(proof);
          for (const family of [4, 6]) {
            const flows = crossing(proof).filter((flow) => flow.family === family);
            const passed = flows.filter(({ measured }) => measured === 'answered');
            expect(passed.map((flow) => `${flow.from} > ${flow.to} ${flow.class}`).sort()).toEqual(
              allowed,
            );
            expect(flows.length).toBe(4 * 5);
          }
        },
        patience,
      );

      test(
        'drops and counts what a machine says as somebody else, by either family',
        async () => {
          const honest = datagramOf(knox4, pouta4, 7779);
          const before = await counted();
          vm.machine.write('hearer', hearer);
          vm.machine.write('sender', sender);
          vm.machine.write('lies', lies.map(({ frame }) => `${frame}\n`).join(''));
          vm.machine.write('honest', `${honest}\n`);
          const heard = await vm.script(`${inLab}${speak}
            at pouta-1 perl -e "$(cat /run/jobs/hearer)" | sed -u /${honest}/q >/tmp/heard & ear=$!
            until grep -qs listening /tmp/heard; do sleep 0.2; done
            speak knox-1 </run/jobs/lies
            while kill -0 $ear; do speak knox-1 </run/jobs/honest; sleep 0.5; done
            cat /tmp/heard`);
          expect(heard).toContain(honest);
          for (const { frame } of lies) expect(heard).not.toContain(frame);
          const now = await counted();
          for (const [why, { length }] of Map.groupBy(lies, (lie) => lie.why))
            expect(now[why], why).toBeGreaterThanOrEqual((before[why] ?? 0) + length);
        },
        patience,
      );

      test(
        'has machines that reach each other, and a megabyte arrives byte for byte, both ways and by either family',
        async () => {
          await vm.script(`${inLab}${megabyte}
            for machine in knox-1 pouta-1; do
              at $machine ip link set dev eth0 gso_max_segs 1
              at $machine ip link show dev eth0 | grep -w 'mtu 1500'
            done
            for address in ${pouta4.address} ${pouta6.address}; do
              at knox-1 ping -nc 2 -i 0.2 -W 20 $address
              megabyte knox-1 pouta-1 $address
            done
            for address in ${knox4.address} ${knox6.address}; do
              at pouta-1 ping -nc 2 -i 0.2 -W 20 $address
              megabyte pouta-1 knox-1 $address
            done`);
        },
        patience,
      );
    });
  });
});
