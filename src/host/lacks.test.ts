import { describe, expect, test } from 'vitest';
import { suite } from '../../tests/support/suite.ts';
import { hostErrors } from './errors.ts';
import { lackedFamily, lacksKind, lacksNftables, lacksSpaces } from './lacks.ts';
import { runProcess } from './run.ts';

/** A program that ended with these words. */
const saying = (text: string): Error => {
  const args = { argv: 'ip', exit: '2', stderr: text.trim() };
  return hostErrors.error('host/command-failed', args, { text });
};

describe('a kernel that lacks a kind of devices', () => {
  test.each([
    // Linux 6.18 without 802.1Q, iproute2 6.1.
    'Error: Unknown device type.\n',
    'Error: Unknown device type.\nCommand failed -:1\n',
    // Linux without extended acknowledgements.
    'RTNETLINK answers: Operation not supported\n',
  ])('is known by %j', (text) => {
    expect(lacksKind(saying(text))).toBe(true);
  });

  test.each([
    'RTNETLINK answers: File exists\n',
    'RTNETLINK answers: Operation not permitted\n',
    'Error: VNI already in use.\n',
    'Cannot find device "bridge"\n',
  ])('is not meant by %j', (text) => {
    expect(lacksKind(saying(text))).toBe(false);
  });
});

suite('what this kernel says of a kind that no kernel has', { needs: ['netns'] }, () => {
  test('is told from what it says of a name that is taken', async () => {
    const add = (line: string): Promise<unknown> => {
      const argv = ['unshare', '--map-root-user', '--net', 'ip', 'link', 'add', ...line.split(' ')];
      return runProcess(argv).catch((error: unknown) => error);
    };
    expect(lacksKind(await add('name odd type hawser-odd'))).toBe(true);
    const taken = await add('name lo type bridge');
    expect(taken).toMatchObject({ code: 'host/command-failed' });
    expect(lacksKind(taken)).toBe(false);
  });
});

test('a kernel without network namespaces is known by what ip(8) says of one, and not one that lets nobody make more', () => {
  const add = (why: string) =>
    saying(`Failed to create a new network namespace "hw-net-lab": ${why}\n`);
  expect(lacksSpaces(add('Invalid argument'))).toBe(true);
  expect(lacksSpaces(saying('Cannot open init namespace: No such file or directory\n'))).toBe(true);
  for (const why of ['Operation not permitted', 'No space left on device'])
    expect(lacksSpaces(add(why))).toBe(false);
});

test('a family that nftables of the kernel lacks is named by the table that it could not make', () => {
  const refused = (why: string, line: string): Error =>
    saying(`/dev/stdin:1:1-22: Error: Could not process rule: ${why}\n${line}\n^^^^^^^^^^^^\n`);
  const table = 'add table bridge hawser-net { comment "hawser:net:hawser-net"; }';
  expect(lackedFamily(refused('Operation not supported', table))).toBe('bridge');
  const netdev = 'add table netdev hawser-sight { comment "x"; }';
  const ofOld = 'Address family not supported by protocol';
  expect(lackedFamily(refused(ofOld, netdev))).toBe('netdev');
  // It has the family, and not what a rule asks for; or the table is of somebody else.
  const rule = 'add rule bridge hawser-net forward ct state established accept';
  expect(lackedFamily(refused('Operation not supported', rule))).toBeUndefined();
  expect(lackedFamily(refused('Operation not permitted', table))).toBeUndefined();
});

// Debian's Linux 6.1 without these modules, nftables 1.0.6.
test.each([
  'mnl.c:60: Unable to initialize Netlink socket: Protocol not supported\n',
  'netlink: Error: cache initialization failed: Invalid argument\n',
])('a kernel without nftables is known by %j', (text) => {
  expect(lacksNftables(saying(text))).toBe(true);
});

test.each([
  'netlink: Error: cache initialization failed: Operation not permitted\n',
  'Operation not permitted (you must be root)\nnetlink: Error: cache initialization failed: Operation not permitted\n',
  '/dev/stdin:1:1-22: Error: Could not process rule: Operation not supported\nadd table bridge x\n',
])('a kernel without nftables is not meant by %j', (text) => {
  expect(lacksNftables(saying(text))).toBe(false);
});
