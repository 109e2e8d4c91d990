import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { type Machine, type Running, serve, settled, World } from './world.ts';

const asked = 'hawser_http_requests_total{route="/v1/networks/:network/status",status="200"} ';

/** How a status begins each time that it is told. */
const beginning = /^home: revision \d+$/m;
const isUp = /^tunnels +1 up$/m;
const isDown = /^ +(alice – hub|hub – alice) is down: .*answers no probe/m;

suite('the status of a network, watched while a tunnel breaks', {
  needs: ['root', 'netns', 'tun'],
}, () => {
  let world: World;
  let hub: Machine;
  let alice: Machine;
  let program: Running | undefined;
  let watching: Running | undefined;
  let token = '';

  beforeAll(async () => {
    world = await World.open();
    [hub, alice] = [await world.machine('hub'), await world.machine('alice')];
    const serving = await serve(hub);
    ({ program } = serving);
    [, token = ''] = /^ +(hawser-admin-[\w-]+)$/m.exec(program.output) ?? [];
    alice.must('join', serving.joinToken);
    await settled(hub, 'hub', 'alice');
    await until('the tunnel is up', () => isUp.test(hub.must('status')));
  });
  afterAll(async () => {
    await watching?.end('SIGKILL');
    await program?.end('SIGKILL');
    await world?.close();
  });

  /** Nothing comes out of the tunnel at her end any more, or it does again. Her agent still speaks with the server. */
  function tunnel(is: 'broken' | 'whole'): void {
    if (is === 'whole') {
      alice.do('nft delete table inet foreign');
      return;
    }
    alice.do('nft add table inet foreign');
    alice.do('nft add chain inet foreign input { type filter hook input priority -500; }');
    alice.do('nft add rule inet foreign input iifname hw-home drop');
  }

  /** How often the server was asked for its status. */
  function questions(): number {
    const header = `authorization:Bearer ${token}`;
    const argv = ['curl', '-skf', '-H', header, 'https://127.0.0.1:7443/metrics'];
    const lines = hub.box.run(argv).split('\n');
    const count = lines.find((line) => line.startsWith(asked))?.slice(asked.length);
    return Number(count);
  }

  async function askedAgain(times: number): Promise<void> {
    const before = questions();
    await until(`it was asked ${times} times more`, () => questions() >= before + times);
  }

  test('is told anew where that is read by a program, and only when it is another', async () => {
    watching = hub.start('status', '--watch');
    const told = (): readonly string[] => (watching?.output ?? '').split(/\n(?=home: revision)/);
    await until('it is told once', () => beginning.test(watching?.output ?? ''));
    // Bytes flow and time passes meanwhile.
    await askedAgain(4);
    expect(told()).toEqual([expect.stringMatching(isUp)]);
    tunnel('broken');
    await until('that it is down', () => isDown.test(told().at(-1) ?? ''));
    const broken = told().length;
    await askedAgain(4);
    expect(told()).toHaveLength(broken);
    tunnel('whole');
    await until('that it is up again', () => isUp.test(told().at(-1) ?? ''));
    expect(told().length).toBeGreaterThan(broken);
    expect(watching.output).not.toContain('\u001b');
    await watching.end('SIGINT');
  });

  test('is always the newest on a terminal, which is as it was after a q', async () => {
    const [enter, leave] = ['\u001b[?1049h\u001b[?25l', '\u001b[?25h\u001b[?1049l'];
    watching = hub.startAtTerminal('status', '--watch');
    /** What stands there: each time all of it is drawn over what was. */
    const screen = (): string =>
      stripVTControlCharacters(watching?.output.split('\u001b[H').at(-1) ?? '').replaceAll(
        '\r',
        '',
      );
    await until('it is drawn', () => isUp.test(screen()) && screen().includes('; q ends'));
    const clock = () => /^(\d\d:\d\d:\d\d); q ends$/m.exec(screen())?.[1];
    const first = clock();
    await until('it is drawn again', () => clock() !== first && isUp.test(screen()));
    tunnel('broken');
    await until('that it is down', () => isDown.test(screen()));
    tunnel('whole');
    await until('that it is up again', () => isUp.test(screen()) && !isDown.test(screen()));
    watching.type('x');
    await askedAgain(2);
    expect(watching.ended).toBe(false);
    watching.type('q');
    const all = await watching.whole();
    const [before = '', drawn = ''] = all.split(enter);
    const [, after = ''] = drawn.split(leave);
    expect(after.trim().split(/\s*\n/)).toEqual(['ended with 0', before.trim()]);
    expect(all.split(enter).length + all.split(leave).length).toBe(4);
  });
});
