import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { HawserMachine, type Pass, type Proof } from './hawser.ts';

/** Milliseconds for one test: everything is emulated. */
const patience = 900_000;

interface Link {
  readonly ifname: string;
  readonly link_type: string;
  readonly linkinfo?: { readonly info_kind: string };
}

suite('a lab on kernel WireGuard', { needs: ['qemu', 'root', 'procps'] }, () => {
  let vm: HawserMachine;
  let flows: number;

  beforeAll(async () => {
    vm = await HawserMachine.boot();
  }, patience);
  afterAll(() => vm.close());

  const on = (station: string, ...argv: string[]) =>
    vm.hawser('lab', 'exec', station, '--', ...argv);

  async function expectHolds(...words: readonly string[]): Promise<Proof> {
    const proof = await vm.json<Proof>('lab', ...words);
    expect(proof.mismatches).toEqual([]);
    expect(proof.handshakes.missing).toEqual([]);
    return proof;
  }

  /** Runs on the internet of the lab. */
  async function onInternet(line: string): Promise<string> {
    const { keeper } = JSON.parse(await vm.do('cat /tmp/labs/denbi-hybrid/lab.json')) as {
      keeper: number;
    };
    return vm.do(`nsenter -t ${keeper} -m -n -p -- ${line}`);
  }

  test(
    'the hybrid cloud goes up, and every flow does what the file says',
    async () => {
      const proof = await expectHolds('up', 'examples/hybrid-cloud.yaml');
      expect(proof.handshakes.expected).toBeGreaterThan(0);
      flows = proof.flows.length;
      expect(flows).toBeGreaterThan(0);
    },
    patience,
  );

  test(
    'its tunnels are devices of the kernel, and no wireguard-go runs',
    async () => {
      const shown = await on('master', 'ip', '-j', '-d', 'link', 'show', 'dev', 'wg0');
      const [link] = JSON.parse(shown.out) as Link[];
      expect(link?.linkinfo?.info_kind).toBe('wireguard');
      expect(await vm.do('ps -eo comm')).not.toContain('wireguard-go');
    },
    patience,
  );

  test(
    'its agents report the kernel, and a second pass writes nothing',
    async () => {
      const state = '/tmp/labs/denbi-hybrid/states/master.json';
      const argv = [...vm.bundle, 'agent', 'apply', '--state', state, '--json'];
      const pass = JSON.parse((await on('master', ...argv)).out) as Pass;
      expect(pass).toMatchObject({ unchanged: true, writes: 0, backends: { wg0: 'kernel' } });
    },
    patience,
  );

  test(
    'a gateway whose device was deleted is whole again after one pass',
    async () => {
      await on('vpn', 'ip', 'link', 'del', 'wg0');
      await vm.hawser('lab', 'reconcile', 'vpn');
      expect((await expectHolds('prove')).flows.length).toBe(flows);
    },
    patience,
  );

  test(
    'every flow still does so with 50 ms of delay and 1 % of loss on the way to a site',
    async () => {
      const links = JSON.parse(await onInternet('ip -j link')) as Link[];
      const uplink = links.find((link) => link.link_type === 'ether')?.ifname ?? '';
      await onInternet(`tc qdisc add dev ${uplink} root netem delay 50ms loss 1%`);
      await expectHolds('prove');
      expect(await onInternet(`tc -s qdisc show dev ${uplink}`)).toMatch(/netem.*\n Sent [1-9]/);
    },
    patience,
  );

  test(
    'taken down, nothing of it is left',
    async () => {
      await vm.hawser('lab', 'down');
      const links = JSON.parse(await vm.do('ip -j link')) as Link[];
      expect(links.map(({ ifname }) => ifname)).toEqual(['lo']);
      expect(await vm.do('ps -eo args')).not.toMatch(/hawser/);
      expect(await vm.do('ls /tmp/labs')).toBe('');
    },
    patience,
  );

  test(
    'partners behind all kinds of NAT reach each other, over IPv4 and IPv6',
    async () => {
      const proof = await expectHolds('up', 'tests/kernel/partners.yaml');
      expect(proof.flows).toContainEqual(
        expect.objectContaining({ family: 6, measured: 'answered' }),
      );
    },
    patience,
  );
});
