import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestMachine } from '../../tests/agent/machine.ts';
import { suite } from '../../tests/support/suite.ts';
import { kernelParts, lackedParts } from './kernel-parts.ts';
import { entered, type Run, runProcess } from './run.ts';

suite('what a kernel lacks of what segments are made of', {
  needs: ['root', 'netns', 'tun'],
}, () => {
  let machine: TestMachine;
  let run: Run;
  beforeAll(async () => {
    machine = await TestMachine.open();
    run = entered((_, argv, options) => runProcess(argv, options), machine.box.enter);
  });
  afterAll(() => machine?.close());

  /** Whether this kernel makes devices, to compare. */
  const makes = (...lines: readonly string[]): boolean => {
    try {
      machine.do('unshare --net ip -batch -', lines.map((line) => `link add ${line}\n`).join(''));
      return true;
    } catch {
      return false;
    }
  };

  test('is found by trying, and nothing is left of that', async () => {
    const before = machine.picture();
    const lacked = await lackedParts(run);
    expect({ vlan: lacked.has('vlan'), vxlan: lacked.has('vxlan') }).toEqual({
      vlan: !makes('cable type veth', 'link cable name v type vlan id 1'),
      vxlan: !makes('name v type vxlan id 1 dstport 4789'),
    });
    // Without these no test of ours would run.
    for (const part of ['namespaces', 'bridges', 'veth', 'filters'] as const)
      expect(lacked).not.toContain(part);
    expect(machine.picture()).toBe(before);
  });

  /** A machine on which a program ends with these words where it is asked for that. */
  const saying =
    (asked: string, said: string): Run =>
    (purpose, argv, options) =>
      [...argv, options?.stdin ?? ''].join(' ').includes(asked)
        ? run(purpose, ['sh', '-c', `echo '${said}' >&2; exit 1`])
        : run(purpose, argv, options);

  test.each([
    { part: 'bridges', asked: 'type bridge', said: 'Error: Unknown device type.' },
    { part: 'vxlan', asked: 'type vxlan', said: 'RTNETLINK answers: Operation not supported' },
    { part: 'veth', asked: 'type veth', said: 'Error: Unknown device type.' },
    { part: 'vlan', asked: 'type vlan', said: 'Error: Unknown device type.' },
    {
      part: 'filters',
      asked: 'add table bridge',
      said: 'Error: Could not process rule: Operation not supported\nadd table bridge hawser-probe {',
    },
    {
      part: 'filters',
      asked: 'nft -c',
      said: 'mnl.c:60: Unable to initialize Netlink socket: Protocol not supported',
    },
  ] as const)('names $part', async ({ part, asked, said }) => {
    expect(await lackedParts(saying(asked, said))).toContain(part);
  });

  test('is all where there are no network namespaces', async () => {
    const said = 'unshare: unshare failed: Invalid argument';
    expect([...(await lackedParts(saying('--net -- true', said)))]).toEqual(['namespaces']);
    expect(kernelParts).toContain('namespaces');
  });

  test('is not known where nobody may try', async () => {
    const said = 'unshare: unshare failed: Operation not permitted';
    await expect(lackedParts(saying('--net -- true', said))).rejects.toThrow('not permitted');
  });
});
