import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestMachine } from './machine.ts';
import { complianceStates } from './states.ts';

/** The command as a process of the machine itself: nothing is entered from outside. */
let machine: TestMachine;
let file: string;
const root = join(import.meta.dirname, '../..');

beforeAll(async () => {
  machine = await TestMachine.open();
  machine.do('ip link add eth0 type veth peer name lan0');
  machine.do('ip address add 192.168.66.4/24 dev eth0');
  machine.do('ip link set dev eth0 up');
  machine.do('ip link add eth1 type veth peer name lan1');
  machine.do('mount -t proc proc /proc');
  file = join(machine.folder, 'state.json');
  writeFileSync(file, JSON.stringify(complianceStates.first));
});

afterAll(() => machine.close());

const command = (words: string, before: readonly string[] = []): string[] => [
  ...before,
  process.execPath,
  join(root, 'src/main/cli.ts'),
  'agent',
  ...words.split(' '),
  '--state-dir',
  join(machine.folder, 'var'),
];

const agent = (words: string): string => machine.box.run(command(words));

describe('hawser agent', () => {
  test('makes a key and prints the public one, always the same', () => {
    const key = agent('key --network net').trim();
    expect(key).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(agent('key --network net').trim()).toBe(key);
    expect(JSON.parse(agent('key --network net --json'))).toMatchObject({ publicKey: key });
  });

  test('apply prints what changed, and then that nothing did', () => {
    expect(agent(`apply --state ${file}`)).toContain('add tunnel wg0');
    expect(agent(`apply --state ${file}`)).toBe('unchanged\n');
    expect(JSON.parse(agent(`apply --state ${file} --json`))).toMatchObject({
      unchanged: true,
      writes: 0,
      backends: { wg0: expect.stringMatching(/kernel|wireguard-go/) as string },
    });
  });

  test('apply puts sysctls right, and cleanup puts them back', () => {
    machine.do('sysctl -qw net.ipv4.conf.eth0.forwarding=0');
    expect(agent(`apply --state ${file}`)).toBe('add IPv4 forwarding from eth0\n');
    expect(machine.do('sysctl -n net.ipv4.conf.eth0.forwarding').trim()).toBe('1');
    expect(machine.do('sysctl -n net.ipv6.conf.wg0.force_forwarding').trim()).toBe('1');
    expect(agent('cleanup')).toContain('remove tunnel wg0');
    expect(machine.do('sysctl -n net.ipv4.conf.eth0.forwarding').trim()).toBe('0');
    expect(machine.do('sysctl -n net.ipv4.conf.eth0.src_valid_mark').trim()).toBe('0');
    expect(agent('cleanup')).toBe('unchanged\n');
  });

  test('apply survives being killed at any moment: the next one finishes', () => {
    for (const seconds of [0.4, 0.55, 0.7, 0.85]) {
      const killed = command(`apply --state ${file}`, ['timeout', '-s', 'KILL', String(seconds)]);
      try {
        machine.box.run(killed);
      } catch {
        // Killed, as wished.
      }
      agent(`apply --state ${file}`);
      expect(agent(`apply --state ${file}`)).toBe('unchanged\n');
      agent('cleanup --network net');
    }
  });

  test('what cannot be tried ends with a code and exit status 2', () => {
    const broken = join(machine.folder, 'broken.json');
    writeFileSync(broken, JSON.stringify({ ...complianceStates.first, format: 99 }));
    expect(() => agent(`apply --state ${broken}`)).toThrow(/state\/format-too-new/);
    expect(() => agent('apply --state /nowhere.json')).toThrow(/agent\/no-state-file/);
  });
});
