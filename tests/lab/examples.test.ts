import { globSync } from 'node:fs';
import { expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { Labs } from './labs.ts';

/** Undoes by hand what Hawser made on a machine, but for the device. */
function strip(labs: Labs, machine: string, device: string, table: string): void {
  const peers = labs.on(machine, 'wg', 'show', device, 'peers').out.trim().split('\n');
  for (const peer of peers) labs.on(machine, 'wg', 'set', device, 'peer', peer, 'remove');
  labs.on(machine, 'ip', 'route', 'flush', 'dev', device);
  labs.on(machine, 'ip', '-6', 'route', 'flush', 'dev', device);
  labs.on(machine, 'ip', 'address', 'flush', 'dev', device);
  labs.on(machine, 'nft', 'delete', 'table', 'inet', table);
}

interface Status {
  readonly machines: readonly { readonly name: string; readonly agent?: object }[];
}

/** What the agents of a lab put back so far: machine and changes. */
function putBack(labs: Labs): readonly (readonly [string, string])[] {
  const drift: unknown = JSON.parse(labs.must('reconcile', '--json'));
  const entries = drift as readonly { machine: string; changes: readonly string[] }[];
  return entries.map(({ machine, changes }) => [machine, changes.join('\n')]);
}

/** Asks the gateways themselves, as a machine that knows no name would. */
const askGateways = `
const { Resolver } = require('node:dns').promises;
const ask = async (server) => {
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers([server]);
  const refused = await resolver.resolve4('example.org').catch(({ code }) => code);
  const back = await resolver.resolve('11.66.168.192.in-addr.arpa', 'PTR');
  return [...(await resolver.resolve4('db.names.internal')), back.includes('worker-1.names.internal'), refused];
};
const find = (name, family) => require('node:dns').promises.lookup(name, { family });
Promise.all(['master', 'vpn'].flatMap((name) => [4, 6].map(async (family) => ask((await find(name, family)).address))))
  .then((answers) => console.log(JSON.stringify(answers)));`;

/** Every machine finds names of both sites, in every form; the gateways answer for them alone. */
function namesAreFound(labs: Labs): void {
  const asked = ['remote-1', 'worker-2.names.internal', 'worker-1.bielefeld.names.internal', 'db'];
  const found = ['192.168.77.11', '192.168.66.12', '192.168.66.11', '192.168.66.11'];
  for (const machine of ['master', 'vpn', 'worker-1', 'remote-1', 'alice-laptop', 'instrument']) {
    const lines = labs.on(machine, 'getent', 'ahostsv4', ...asked).out.split('\n');
    const streams = lines.filter((line) => line.includes('STREAM'));
    expect(streams.map((line) => line.split(' ')[0])).toEqual(found);
  }
  const answers: unknown = JSON.parse(
    labs.on('alice-laptop', process.execPath, '-e', askGateways).out,
  );
  expect(answers).toEqual(Array.from({ length: 4 }, () => ['192.168.66.11', true, 'EREFUSED']));
}

suite('the examples in the lab', { needs: ['netns', 'tun'] }, () => {
  // What goes wrong with a stretched segment, and with a tunnel in a router of others, has tests of its own.
  const others = ['examples/stretched.yaml', 'examples/tenant-router.yaml'];
  test.each(globSync('examples/*.yaml', { exclude: others }))(
    '%s works as its file says, also after its machines were broken and their agents put it back',
    async (file) => {
      using labs = new Labs();
      const up = labs.proof('up', file);
      expect(up.mismatches).toEqual([]);
      expect(up.flows.length).toBeGreaterThan(0);
      expect(up.handshakes.expected).toBeGreaterThan(0);
      expect(up.handshakes.missing).toEqual([]);
      for (const { flows, counted } of up.refusals) expect(counted).toBeGreaterThanOrEqual(flows);
      expect(putBack(labs)).toEqual([]);

      if (file.endsWith('names.yaml')) namesAreFound(labs);

      const { machines } = JSON.parse(labs.must('status', '--json')) as Status;
      const [first = '', second = first] = machines
        .filter(({ agent }) => agent !== undefined)
        .map(({ name }) => name)
        .filter((machine) => labs.on(machine, 'wg', 'show', 'interfaces').out.trim() !== '');
      const device = labs.on(first, 'wg', 'show', 'interfaces').out.trim();
      const { network } = JSON.parse(labs.must('list', '--json'))[0] as { network: string };
      strip(labs, second, device, `hawser-${network}`);
      labs.on(first, 'ip', 'link', 'del', device);

      await until(
        'both agents tell what they put back',
        () => {
          const told = putBack(labs);
          const isTold = (machine: string, change: string) =>
            told.some(([name, changes]) => name === machine && changes.includes(change));
          return isTold(first, `add tunnel ${device}`) && isTold(second, 'add route');
        },
        60_000,
      );
      const again = labs.proof('prove');
      expect(again.mismatches).toEqual([]);
      expect(again.flows.length).toBe(up.flows.length);
    },
  );
});
