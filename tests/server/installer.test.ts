import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeTemporaryFolder } from '../support/checkout.ts';
import { buildArchive, damage } from '../support/packages.ts';
import { suite } from '../support/suite.ts';
import { foreignPath, makeForeign } from './foreign.ts';
import { type Machine, type Running, serve, settled, World } from './world.ts';

suite('a server that has the packages', { needs: ['root', 'netns', 'tun'] }, () => {
  let folder: string;
  let archive: string;
  let world: World;
  let hub: Machine;
  let bare: Machine;
  let program: Running;
  let lines: readonly string[];

  beforeAll(async () => {
    folder = makeTemporaryFolder();
    archive = buildArchive(folder);
    world = await World.open();
    [hub, bare] = [await world.machine('hub'), await world.machine('bare')];
    const serving = await serve(hub, '--packages', folder);
    ({ program } = serving);
    lines = hub.must('token', 'create', '--join').split('\n');
    makeForeign(bare, 'curl');
  });
  afterAll(async () => {
    await program?.end('SIGKILL');
    await world.close();
    rmSync(folder, { recursive: true });
  });

  /** The printed line that begins so, to be typed on the bare machine. */
  const line = (start: string): string => lines.find((one) => one.startsWith(start)) ?? '';
  const type = (text: string): string =>
    bare.box.run(['env', '-i', `PATH=${foreignPath}`, 'HOME=/run/home', 'sh', '-c', text]);
  const fetchOnly = (text: string): string =>
    bare.box.run(['sh', '-c', text.split(' | ')[0] ?? '']);

  test('prints lines for curl and for wget, which fetch the same installer', () => {
    const script = fetchOnly(line('curl '));
    expect(script).toContain('main "$@"\n');
    expect(fetchOnly(line('wget '))).toBe(script);
  });

  test.each([
    ['curl ', 90],
    ['wget ', 5],
  ])('is not believed by %swhere its key is another one', (start, status) => {
    const other = line(start).replace(/sha256\/\/[\w+/]{5}/, 'sha256//AAAAA');
    expect(() => fetchOnly(other)).toThrow(expect.objectContaining({ status }));
  });

  test('puts no secret into arguments', () => {
    for (const start of ['curl ', 'wget ']) {
      expect(line(start)).toMatch(/ \| HAWSER_JOIN=hawser-join-[\w-]+ sh$/);
    }
  });

  test('hands out what belongs to it, and no other file', () => {
    const url = `https://${hub.address}:7443/packages`;
    for (const name of ['..%2f..%2fetc%2fpasswd', 'hawser_9_amd64.deb', 'passwd']) {
      const said = bare.box.run(['curl', '-sk', '-w', '%{http_code}', `${url}/${name}`]);
      expect(said).toMatch(/404$/);
    }
  });

  test('half an installer does nothing', () => {
    const whole = fetchOnly(line('curl '));
    for (const share of [0.3, 0.6, 0.9, 0.99]) {
      const half = whole.slice(0, whole.length * share);
      const said = bare.box.run(['sh', '-c', 'sh -s 2>&1 || true'], { input: half });
      expect(said).not.toContain('hawser:');
    }
    expect(() => bare.do('ls /opt/hawser')).toThrow('No such file');
  });

  test('makes a machine without dpkg a member of the network, by one line', async () => {
    type(line('curl '));
    expect(type('readlink /usr/local/bin/hawser').trim()).toBe('/opt/hawser/bin/hawser');
    const status = await settled(hub, 'hub', 'bare');
    expect(status.machines).toHaveLength(2);
  });

  test('changes nothing where that version is installed', () => {
    const said = type(`${line('curl ').split(' | ')[0]} | sh 2>&1`);
    expect(said).toContain('is here already');
  });

  test('does not install what came damaged', () => {
    const script = fetchOnly(line('curl '));
    damage(archive);
    type('rm -r /opt/hawser /usr/local/bin/hawser');
    bare.write('/run/install', script);
    expect(() => type('sh /run/install')).toThrow('could not fetch');
    expect(() => bare.do('ls /opt/hawser')).toThrow('No such file');
  });
});
