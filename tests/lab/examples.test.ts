import { globSync } from 'node:fs';
import { expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { Labs } from './labs.ts';

/** Undoes by hand what Hawser made on a machine, but for the device. */
function strip(labs: Labs, machine: string, device: string, table: string): void {
  const peers = labs.on(machine, 'wg', 'show', device, 'peers').out.trim().split('\n');
  for (const peer of peers) labs.on(machine, 'wg', 'set', device, 'peer', peer, 'remove');
  labs.on(machine, 'ip', 'route', 'flush', 'dev', device);
  labs.on(machine, 'ip', '-6', 'route', 'flush', 'dev', device);
  labs.on(machine, 'ip', 'address', 'flush', 'dev', device);
  labs.on(machine, 'nft', 'delete', 'table', 'inet', table);
  expect(labs.on(machine, 'wg', 'show', device, 'peers').out).toBe('');
}

function removeDevice(labs: Labs, machine: string, device: string): void {
  expect(labs.on(machine, 'ip', 'link', 'del', device).code).toBe(0);
  expect(labs.on(machine, 'wg', 'show', 'interfaces').out.trim()).toBe('');
}

interface Reconciled {
  readonly machine: string;
  readonly said: string;
}

suite('the examples in the lab', { needs: ['netns', 'tun'] }, () => {
  test.each(globSync('examples/*.yaml'))(
    '%s works as its file says, also after its machines were broken and reconciled once',
    (file) => {
      using labs = new Labs();
      const up = labs.proof('up', file);
      expect(up.mismatches).toEqual([]);
      expect(up.flows.length).toBeGreaterThan(0);
      expect(up.handshakes.expected).toBeGreaterThan(0);
      expect(up.handshakes.missing).toEqual([]);
      for (const { flows, counted } of up.refusals) expect(counted).toBeGreaterThanOrEqual(flows);

      const passes = JSON.parse(labs.must('reconcile', '--json')) as readonly Reconciled[];
      for (const { said } of passes) expect(said.trim()).toBe('unchanged');

      const [first = '', second = first] = passes
        .map(({ machine }) => machine)
        .filter((machine) => labs.on(machine, 'wg', 'show', 'interfaces').out.trim() !== '');
      const device = labs.on(first, 'wg', 'show', 'interfaces').out.trim();
      const { network } = JSON.parse(labs.must('list', '--json'))[0] as { network: string };
      strip(labs, second, device, `hawser-${network}`);
      removeDevice(labs, first, device);
      expect(labs.proof('ping').holds).toBe(false);

      for (const machine of new Set([first, second])) {
        expect(labs.must('reconcile', machine)).not.toContain('unchanged');
      }
      const again = labs.proof('prove');
      expect(again.mismatches).toEqual([]);
      expect(again.flows.length).toBe(up.flows.length);
    },
  );
});
