import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { firstStart } from '../first.ts';
import { Machine } from '../fixtures/machine.ts';
import { compilerCalls } from '../network/compiler.ts';
import { Network } from '../network/network.ts';
import { openStore } from '../store/index.ts';
import { InProcess } from '../thread/in-process.ts';
import { Tokens } from '../tokens.ts';
import { Ephemeral } from './ephemeral.ts';

const clock = (): Date => new Date('2026-01-01T00:00:00Z');
const log = pino({ level: 'silent' });

/** A network to which one machine belongs for as long as it is there, and one for good. */
async function withGuests(work: (network: Network) => Promise<void>): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'hawser-ephemeral-'));
  const store = await openStore({ data });
  const tokens = new Tokens({ servers: () => ['https://127.0.0.1:1'] }, store, clock);
  const firstNetwork = { network: 'net', machine: 'hub', endpoint: '192.0.2.1:51820' };
  await firstStart(store, tokens, { firstNetwork, now: clock() });
  await store.write(async (tx) => {
    for (const name of ['guest', 'resident']) {
      await tx.putMachine({
        network: 'net',
        name,
        identity: new Machine(name).identity,
        enrolment: 'enrolled',
        keys: {},
        joinedAt: clock().toISOString(),
        tags: [],
        ephemeral: name === 'guest',
      });
    }
  });
  const compiler = new InProcess(compilerCalls());
  await work(await Network.open('net', { store, compiler, clock, log }));
  await store.close();
  rmSync(data, { recursive: true, force: true });
}

const names = (network: Network): readonly string[] => [...network.snapshot.machines.keys()].sort();

const minutes = (count: number): number => count * 60_000;

test('a machine of an ephemeral token goes when it stays away, and no other', async () => {
  await withGuests(async (network) => {
    let away = minutes(9);
    const ephemeral = new Ephemeral(network, { log, isHere: () => false, awayFor: () => away });
    await ephemeral.look();
    expect(names(network)).toEqual(['guest', 'resident']);
    away = minutes(11);
    await ephemeral.look();
    expect(names(network)).toEqual(['resident']);
  });
});

test('a machine of an ephemeral token that returned in time stays', async () => {
  await withGuests(async (network) => {
    const answers = [false, true];
    const isHere = (): boolean => answers.shift() ?? true;
    await new Ephemeral(network, { log, isHere, awayFor: () => minutes(11) }).look();
    expect(answers).toEqual([]);
    expect(names(network)).toEqual(['guest', 'resident']);
  });
});
