import { afterAll, beforeAll, expect, test } from 'vitest';
import { PostgresCluster } from '../../tests/support/postgres.ts';
import { suite } from '../../tests/support/suite.ts';
import { until } from '../../tests/support/until.ts';
import { Machine } from './fixtures/machine.ts';
import { TestServer } from './fixtures/server.ts';
import { compilerCalls } from './network/compiler.ts';
import { InProcess } from './thread/in-process.ts';

/** Compiles for a server that reads what others wrote only for as long as it hears, and counts how often it tried. */
function listening() {
  const calls = compilerCalls();
  const ear = { hears: true, opened: 0 };
  const open: typeof calls.open = (input) => {
    ear.opened += 1;
    if (!ear.hears) throw new Error('it does not hear');
    return calls.open(input);
  };
  return { ear, compiler: new InProcess({ ...calls, open }) };
}

suite('two servers on one PostgreSQL, of which one is late with the news', {
  needs: ['postgresql'],
}, () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.open();
  });
  afterAll(async () => {
    await cluster.close();
  });

  test('who joined at one is let in by the other, which has not heard of it, and nobody else is', async () => {
    const database = cluster.url(await cluster.createDatabase());
    await using one = await TestServer.start({ database });
    const { ear, compiler } = listening();
    await using two = await TestServer.start({ database }, { compiler });
    const anna = new Machine('anna');
    ear.hears = false;
    ear.opened = 0;
    await one.call('join', {}, anna.joinRequest('net'), one.joinToken);
    await until('the other could not read it', () => ear.opened > 0);
    ear.hears = true;
    const missed = ear.opened;
    const channel = await two.connect(anna);
    expect((await channel.next('state')).state.machine).toBe('anna');
    // What it missed it reads again by itself, once each; a last word of the other server may still be under way.
    await until('it has read by itself what it missed', () => ear.opened >= 2 * missed);
    const { opened } = ear;
    const strangers = 5;
    for (let number = 0; number < strangers; number += 1) {
      const stranger = await two.connect(new Machine('anna'));
      expect((await stranger.next('refused')).error.code).toBe('server/unknown-machine');
    }
    // Whoever is not in the store is looked up there, each apart here, and nothing is read again for him.
    expect(ear.opened - opened).toBeLessThan(strangers - 1);
  });

  test('who has the name of another by now is let in by the other, which has not heard of that', async () => {
    const database = cluster.url(await cluster.createDatabase());
    await using one = await TestServer.start({ database });
    const { ear, compiler } = listening();
    await using two = await TestServer.start({ database }, { compiler });
    const [anna, bob, carl] = ['anna', 'bob', 'carl'].map((name) => new Machine(name)) as [
      Machine,
      Machine,
      Machine,
    ];
    for (const machine of [anna, bob, carl]) await one.enrol(machine);
    await until('the other knows them all', async () => {
      const { machines } = await two.call('status', {}, undefined, one.admin);
      return ['anna', 'bob', 'carl'].every((own) => machines.some(({ name }) => name === own));
    });
    ear.hears = false;
    ear.opened = 0;
    for (const machine of ['anna', 'bob']) await one.call('removeMachine', { machine });
    await one.call('join', {}, anna.joinRequest('net', 'bob'), one.joinToken);
    await until('the other could not read it', () => ear.opened > 0);
    ear.hears = true;
    const channel = await two.connect(anna, { machine: 'bob' });
    expect((await channel.next('state')).state.machine).toBe('bob');
    const liar = await two.connect(carl, { machine: 'bob' });
    expect((await liar.next('refused')).error.code).toBe('server/other-name');
  });
});
