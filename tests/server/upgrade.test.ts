import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import packageFile from '../../package.json' with { type: 'json' };
import { makeTemporaryFolder } from '../support/checkout.ts';
import { buildArchive, otherArchive } from '../support/packages.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { foreignPath, makeForeign } from './foreign.ts';
import { streamOf } from './stream.ts';
import { type Machine, overlayOf, type Running, serve, settled, statusAt, World } from './world.ts';

/** On one machine it ends where an agent should run; on others it asks every server for what none has. */
function broken(text: string, name: string): string {
  const lost = text.replaceAll('/agent`;', '/nowhere`;');
  if (name !== 'hawser.mjs') return lost;
  const ends = `if (hostname() === 'gate' && process.argv.includes('run')) process.exit(7);`;
  return `import { hostname } from 'node:os';\n${ends}\n${lost}`;
}

/** Whether a program that may fail says these words. */
const isSaid = ({ box }: Machine, line: string, words: string): boolean =>
  box.run(['sh', '-c', `${line} 2>/dev/null || true`]).trim() === words;

interface Result {
  readonly machine: string;
  readonly outcome: string;
  readonly version?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

suite('hawser upgrade', { needs: ['root', 'netns', 'tun'] }, () => {
  let folder: string;
  let world: World;
  let hub: Machine;
  let gate: Machine;
  let other: Machine;
  let server: Running;
  let good: string;

  /** Hands out this package from now on, which is newer than those before. */
  const offer = (archive: string): void =>
    renameSync(archive, join(folder, 'offered', basename(archive)));

  beforeAll(async () => {
    folder = makeTemporaryFolder();
    good = buildArchive(folder);
    mkdirSync(join(folder, 'offered'));
    offer(otherArchive(good, { version: '0.0.7' }));
    world = await World.open();
    hub = await world.machine('hub');
    ({ program: server } = await serve(hub, '--packages', join(folder, 'offered')));
    [gate, other] = [await world.machine('gate'), await world.machine('other')];
    for (const one of [gate, other]) {
      makeForeign(one, 'curl', 'tail');
      const lines = hub.must('token', 'create', '--join').split('\n');
      const line = lines.find((text) => text.startsWith('curl ')) ?? '';
      const env = ['env', '-i', `PATH=${foreignPath}:/usr/sbin`, 'HOME=/run/home'];
      one.box.run([...env, 'sh', '-c', line]);
    }
    await settled(hub, 'hub', 'gate', 'other');
  });
  afterAll(async () => {
    await server?.end('SIGKILL');
    await world.close();
    rmSync(folder, { recursive: true });
  });

  const command = ['upgrade', '--return-within', '5s', '--json'];
  const endOf = (said: string) => {
    const last = said.trimEnd().split('\n').at(-1) ?? '{}';
    const { results = [], old } = JSON.parse(last) as { results?: Result[]; old?: string[] };
    return { results, old, said };
  };
  const upgrade = (...flags: readonly string[]) => {
    const { code, out } = hub.hawser(...command, ...flags);
    return { code, ...endOf(out) };
  };
  const versions = (): readonly (string | undefined)[] =>
    [gate, other].map(
      ({ name }) => statusAt(hub).machines.find((machine) => machine.name === name)?.version,
    );
  const brief = (results: readonly Result[]): readonly string[] =>
    results.map(({ machine, outcome, version }) => [machine, outcome, version].join(' ').trim());

  test('a canary that does not return gets its old agent back, and spares all others', () => {
    offer(otherArchive(good, { version: '0.0.8', spoil: broken }));
    const { code, results, old, said } = upgrade();
    expect(code, said).toBe(1);
    expect(brief(results), said).toEqual(['gate failed 0.0.7', 'other spared']);
    expect(results[0]?.error).toMatchObject({ code: 'agent/upgrade-reverted' });
    expect(old).toEqual(['hub']);
    expect(versions()).toEqual(['0.0.7', '0.0.7']);
  });

  test('an agent that never connects is replaced by the one before, though the machine reboots meanwhile', async () => {
    const asking = hub.start(...command, '--only', 'other');
    const stage = 'cat /var/lib/hawser/upgrade/stage';
    await until('the new one is there', () => isSaid(other, stage, 'put'));
    other.box.run(['sh', '-c', 'kill -KILL -1']);
    other.do('/opt/hawser/bin/hawser agent start');
    await until('it has come to an end', () => asking.ended);
    const { results, said } = endOf(asking.output);
    expect(brief(results), said).toEqual(['other failed 0.0.7']);
    expect(results[0]?.error).toMatchObject({ code: 'agent/upgrade-reverted' });
    expect(other.do('ls /opt').trim()).toBe('hawser');
    expect(other.do('ls /var/lib')).not.toContain('upgrade');
    expect(other.do('ls /var/lib/hawser')).not.toContain('upgrade');
  });

  test('a machine that is paused, or whose disk is full, stays as it is and says so', () => {
    gate.do('/opt/hawser/bin/hawser agent pause');
    expect(upgrade('--only', 'gate').results[0]?.error?.message).toContain('paused by a person');
    gate.do('/opt/hawser/bin/hawser agent resume');
    gate.do('mount -o remount,size=20m /var/lib');
    const { results, said } = upgrade('--only', 'gate');
    gate.do('mount -o remount,size=50% /var/lib');
    expect(brief(results), said).toEqual(['gate failed 0.0.7']);
    expect(results[0]?.error?.message).toMatch(/no space left/i);
    expect(gate.do('ls /var/lib/hawser')).not.toContain('upgrade');
  });

  test('a machine that nobody knows is nobody', () => {
    const { code, out } = hub.hawser('upgrade', '--only', 'gaet', '--json');
    expect(code).toBe(2);
    expect(out).toMatch(/cli\/no-such-machine.*gate/s);
  });

  test('all get a version that works, and no packet is lost', async () => {
    offer(good);
    const status = await settled(hub, 'gate', 'other');
    const streams = [gate, other].map(({ name }) => streamOf(hub, overlayOf(status, name)));
    const { results, said } = upgrade('--canary', '2');
    const { version } = packageFile;
    expect(brief(results), said).toEqual([
      `hub unchanged ${version}`,
      `gate upgraded ${version}`,
      `other upgraded ${version}`,
    ]);
    for (const stream of streams) {
      const { answered, lost } = await stream.end();
      expect(answered).toBeGreaterThan(20);
      expect(lost).toBe(0);
    }
    expect(versions()).toEqual([version, version]);
    const again = upgrade('--only', 'gate,other');
    expect([again.code, brief(again.results)]).toEqual([
      0,
      [`gate unchanged ${version}`, `other unchanged ${version}`],
    ]);
    expect(hub.must('audit')).toMatch(/ gate +home +upgrade .*"outcome":"done"/);
  });
});
