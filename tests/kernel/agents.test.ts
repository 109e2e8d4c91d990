import { afterAll, beforeAll, expect, test } from 'vitest';
import { datagramOf, ipLies, type Speaker } from '../agent/frames.ts';
import { hearer, sender } from '../agent/raw-frames.ts';
import { suite } from '../support/suite.ts';
import { AgentsAtWork, type Guest, space } from './agents.ts';
import { HawserMachine, patience } from './hawser.ts';

const guest: Guest = { name: 'guest', mac: '02:00:00:00:01:50', address: '10.9.0.50' };
const knox1: Speaker = { mac: '02:00:00:00:01:11', address: '10.9.0.11' };

suite('agents at both gateways of a segment on Debian’s own kernel, with no server', {
  needs: ['qemu', 'root', 'procps'],
}, () => {
  let vm: HawserMachine;
  let agents: AgentsAtWork;

  beforeAll(async () => {
    vm = await HawserMachine.boot();
    agents = await AgentsAtWork.begin(vm);
  }, patience);
  afterAll(() => vm?.close());

  test(
    'find a machine that no file names, and follow it to the other site, by the kernel’s WireGuard and 802.1Q',
    async () => {
      await agents.script(`
        at pouta-gw ip -d link show wg0 | grep -w wireguard
        at pouta-gw ip -n ${space} -d link show vlan9 | grep -w '802.1Q id 9'`);
      await agents.plugIn(guest, 'knox');
      await agents.script(`
        on guest ping -n -c 1 -W 20 10.9.0.11
        within 120 on pouta-1 ping -n -c 1 -W 5 ${guest.address}`);
      expect(await agents.wayAt('pouta', guest.mac)).toContain('dst 10.0.0.1');
      await agents.unplug(guest, 'knox');
      await agents.plugIn(guest, 'pouta');
      // A bridge would remember where it was for five minutes.
      await agents.script(`
        on guest ping -n -c 1 -W 20 10.9.0.21
        within 120 on knox-1 ping -n -c 1 -W 5 ${guest.address}`);
      expect(await agents.wayAt('knox', guest.mac)).toContain('dst 10.0.0.2');
      expect(await agents.logAt('pouta')).not.toContain('agent/two-places');
    },
    patience,
  );

  test(
    'drop and count what a machine that they found says as somebody else, and let pass what it says itself',
    async () => {
      vm.machine.write('hearer', hearer);
      vm.machine.write('sender', sender);
      const before = await agents.spoofedAt('pouta');
      // As a machine of the file, and from a MAC address of nobody.
      const lies = ipLies(guest, knox1, '10.9.0.21').filter(({ why }) => why === 'spoofed');
      const frames = lies.map(({ frame }) => frame);
      const honest = datagramOf(guest, knox1, 7779);
      const heard = await agents.heardOf(guest, frames, honest);
      expect(heard).toContain(honest);
      for (const frame of frames) expect(heard).not.toContain(frame);
      expect(frames).toHaveLength(2);
      expect(await agents.spoofedAt('pouta')).toBeGreaterThanOrEqual(before + frames.length);
    },
    patience,
  );
});
