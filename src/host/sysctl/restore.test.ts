import { expect, test } from 'vitest';
import type { Context } from '../context.ts';
import { set } from './restore.ts';

/** A kernel with these sysctls, and what is written to it. */
function kernelWith(has: Readonly<Record<string, string>>) {
  const values = new Map(Object.entries(has));
  const claimed: string[] = [];
  const context = {
    namespace: 'hw-net-mosler',
    kernel: {
      read: async (paths: readonly string[]) =>
        new Map([...values].filter(([path]) => paths.includes(path))),
      write: async (path: string, value: string) => values.set(path, value),
    },
    claims: {
      claimSysctls: (_: string, now: ReadonlyMap<string, string>) => claimed.push(...now.keys()),
    },
  };
  return { context: context as unknown as Context, values, claimed };
}

const shown = 'net/bridge/bridge-nf-call-iptables';

test('a kernel without br_netfilter is told by name, with what loads it, before anything is written', async () => {
  const { context, values } = kernelWith({ 'net/ipv4/ip_forward': '0' });
  const wanted = new Map([
    ['net/ipv4/ip_forward', '1'],
    [shown, '1'],
  ]);
  await expect(set(context, wanted)).rejects.toMatchObject({
    code: 'host/no-bridge-filter',
    message: expect.stringContaining('net.bridge.bridge-nf-call-iptables is missing'),
    fix: expect.stringContaining('modprobe br_netfilter'),
  });
  expect(values.get('net/ipv4/ip_forward')).toBe('0');
});

test('where it is there, what is bridged is shown to filters again', async () => {
  const { context, values, claimed } = kernelWith({ [shown]: '0' });
  await set(context, new Map([[shown, '1']]));
  expect([values.get(shown), claimed]).toEqual(['1', [shown]]);
});
