import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { suite } from '../../tests/support/suite.ts';
import { unitText } from './unit.ts';

const words = ['/opt/a b/node', 'dist/$x%y.mjs', 'agent', 'run'];

test('a unit quotes what systemd would read otherwise', () => {
  expect(unitText(words)).toContain('ExecStart="/opt/a b/node" "dist/$$x%%y.mjs" "agent" "run"\n');
});

test('a unit leaves tunnels alone when the agent ends, and starts it again', () => {
  expect(unitText(words)).toMatch(/^KillMode=process$/m);
  expect(unitText(words)).toMatch(/^Restart=always$/m);
});

suite('a unit', { needs: ['systemd'] }, () => {
  test('is one that systemd takes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hawser-unit-'));
    try {
      const file = join(folder, 'hawser-agent.service');
      writeFileSync(file, unitText([process.execPath, 'agent', 'run']));
      const { stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
      expect(stderr).not.toContain('hawser-agent.service:');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
