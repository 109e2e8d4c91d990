import { expect, test } from 'vitest';
import { complianceStates } from '../../../tests/agent/states.ts';
import { machineState } from '../../../tests/support/states.ts';
import { partsOf } from './segment-kernel.ts';

test('a machine without segments needs nothing for them, one with a segment and a router all that they are made of', () => {
  expect([...partsOf(machineState({}))]).toEqual([]);
  expect([...partsOf(complianceStates.first)]).toEqual([
    ...['namespaces', 'bridges', 'vxlan', 'veth', 'filters'],
  ]);
});

test('a port with a tag needs 802.1Q, a policy inside a segment connection tracking', () => {
  const space = {
    vlans: { v: 1 as const, items: [{ name: 'v', parent: 'eth1', tag: 9, bridge: 'bridge' }] },
    sysctls: { v: 1 as const, items: [{ key: 'net.bridge.bridge-nf-call-iptables', value: '1' }] },
  };
  expect([...partsOf({ namespaces: { 'hw-net-lab': space } })]).toEqual([
    ...['namespaces', 'vlan', 'tracking'],
  ]);
});
