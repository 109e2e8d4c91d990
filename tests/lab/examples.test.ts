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

suite('the examples in the lab', { needs: ['netns', 'tun'] }, () => {
  test.each(globSync('examples/*.yaml'))(
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

      const { machines } = JSON.parse(labs.must('status', '--json')) as Status;
      const [first = '', second = first] = machines
        .filter(({ agent }) => agent !== undefined)
        .map(({ name }) => name)
        .filter((machine) => labs.on(machine, 'wg', 'show', 'interfaces').out.trim() !== '');
      const device = labs.on(first, 'wg', 'show', 'interfaces').out.trim();
      const { network } = JSON.parse(labs.must('list', '--json'))[0] as { network: string };
      strip(labs, second, device, `hawser-${network}`);
      labs.on(first, 'ip', 'link', 'del', device);

      await until('both agents tell what they put back', () => {
        const told = putBack(labs);
        const isTold = (machine: string, change: string) =>
          told.some(([name, changes]) => name === machine && changes.includes(change));
        return isTold(first, `add tunnel ${device}`) && isTold(second, 'add route');
      });
      const again = labs.proof('prove');
      expect(again.mismatches).toEqual([]);
      expect(again.flows.length).toBe(up.flows.length);
    },
  );
});
