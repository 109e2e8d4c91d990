import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { type Probe, parseProbe, stepFor } from './probe.ts';
import { joinScript, meetScript, probeScript } from './scripts.ts';

const way = { host: 'anna', jumps: [] };
const bare: Probe = {
  ...{ system: 'Linux', user: 'root', isRoot: true, root: 'yes', kind: 'deb' },
  ...{ architecture: 'amd64', fetches: true },
};
const agent = (machine: string, more: object = {}) => {
  const own = { network: 'net', machine, connected: true, ...more };
  return { ...bare, version: '0.1.0', agent: { networks: [own] } } as unknown as Probe;
};
const step = (probe: Probe) => stepFor(probe, way, 'net', 'anna');

describe('a machine', () => {
  test.each<[string, Probe, string]>([
    ['without Hawser is given it', bare, 'install'],
    ['whose agent does not run is started', { ...bare, version: '0.1.0' }, 'start'],
    ['that is in another network joins', { ...agent('anna', { network: 'other' }) }, 'join'],
    ['that is in the network is left as it is', agent('anna'), 'nothing'],
  ])('%s', (_, probe, expected) => {
    expect(step(probe)).toBe(expected);
  });

  const lost = { connected: false, unreachable: { message: 'no route' } };
  test.each<[string, Probe, string]>([
    ['that is no Linux', { ...bare, system: 'Darwin' }, 'deploy/not-linux'],
    ['where sudo asks', { ...bare, root: 'a password is required' }, 'deploy/no-root'],
    ['that joined under another name', agent('bob'), 'deploy/other-name'],
    ['whose agent does not reach the server', agent('anna', lost), 'deploy/not-connected'],
  ])('%s is told so', (_, probe, code) => {
    expect(() => step(probe)).toThrow(expect.objectContaining({ code }));
  });
});

const server = { servers: ['https://192.0.2.1:7443'], pin: 'AAAA' };

describe('the scripts', () => {
  test('say what this very machine is', () => {
    const { stdout } = spawnSync('sh', ['-s'], {
      input: probeScript({ servers: [], pin: undefined }),
      encoding: 'utf8',
    });
    const probe = parseProbe(stdout);
    expect(probe).toMatchObject({ system: 'Linux', fetches: false });
    expect(probe.isRoot).toBe(process.geteuid?.() === 0);
    expect(probe.architecture).toMatch(/^\w+$/);
  });

  test('never hold anything that a shell would run', () => {
    const token = "x'; id; '";
    expect(() => joinScript({ name: 'anna', token })).toThrow('not fit');
    expect(() => joinScript({ name: 'anna', token: 'x', installer: '', brought: token })).toThrow(
      'not fit',
    );
    expect(() => probeScript({ ...server, pin: token })).toThrow('not fit');
    expect(() => meetScript('net', [token], 1)).toThrow('not fit');
  });

  test('do nothing where half of them arrives', () => {
    const whole = joinScript({ name: 'anna', token: 'x', installer: 'echo ran\n', brought: '/x' });
    for (const share of [0.5, 0.9, 0.99]) {
      const input = whole.slice(0, whole.length * share);
      expect(spawnSync('sh', ['-s'], { input, encoding: 'utf8' }).stdout).toBe('');
    }
  });
});
