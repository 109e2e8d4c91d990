import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Facts } from '#compile';
import { keepsAlerts } from './compliance-alerts.ts';
import { keepsEvents } from './compliance-events.ts';
import { keepsHandshakes } from './compliance-handshakes.ts';
import { keepsTold } from './compliance-told.ts';
import type { NewRevision, Store, StoredMachine, StoredToken } from './contract.ts';

/** An empty database under test. */
export interface StoreFixture {
  /** One more server on the same database. */
  open(): Promise<Store>;
  close(): Promise<void>;
}

const at = (second: number): string =>
  new Date(Date.UTC(2026, 10, 20, 12, 0, second)).toISOString();

const factsWith = (address: string): Facts => ({
  inventory: { machines: [] },
  ledger: { addresses: { hub: [address] }, tombstones: { '10.0.0.9': 3 } },
  keys: { hub: { '0': 'key' } },
  observations: { mtu: { hub: 1500 }, endpoints: {} },
});

export const newRevision = (text: string, more: Partial<NewRevision> = {}): NewRevision => ({
  kind: 'apply',
  at: at(0),
  author: 'ada',
  why: 'because',
  state: 'applied',
  summary: [`hub gets ${text}`],
  files: { entry: 'hawser.yaml', files: { 'hawser.yaml': text, 'sites/a.yaml': '# ü\n' } },
  facts: factsWith('10.0.0.1'),
  ...more,
});

const machine: StoredMachine = {
  network: 'net',
  name: 'hub',
  identity: 'identity',
  enrolment: 'enrolled',
  keys: { '0': 'key' },
  joinedAt: at(1),
  tags: ['gpu'],
  ephemeral: false,
};

const token: StoredToken = {
  id: 'one',
  hash: 'aa'.repeat(32),
  role: 'join',
  name: 'for the lab',
  created: at(2),
  tags: [],
  ephemeral: true,
  admits: true,
  revoked: false,
};

const bare = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

/** A store on a database of its own, with one network `net` at revision 1 of the epoch `e1`. */
class Trial {
  readonly fixture: StoreFixture;
  readonly store: Store;

  constructor(fixture: StoreFixture, store: Store) {
    this.fixture = fixture;
    this.store = store;
  }

  apply(text: string, more: Partial<NewRevision> = {}) {
    return this.store.write((tx) => tx.addRevision('net', newRevision(text, more)));
  }

  async current() {
    const network = await this.store.read((tx) => tx.network('net'));
    return [network?.revision.number, network?.files.files['hawser.yaml']];
  }
}

/** What every Store does, whichever its engine. */
export function storeCompliance(name: string, open: () => Promise<StoreFixture>): void {
  describe(`a store in ${name}`, () => {
    let trial: Trial;
    beforeEach(async () => {
      const fixture = await open();
      trial = new Trial(fixture, await fixture.open());
      const first = newRevision('one', { kind: 'create' });
      await trial.store.write((tx) => tx.createNetwork('net', 'e1', first));
    });
    afterEach(async () => {
      await trial.store.close();
      await trial.fixture.close();
    });

    keepsRevisions(() => trial);
    holdsRevisions(() => trial);
    keepsTheRest(() => trial);
    for (const keeps of [keepsEvents, keepsAlerts, keepsTold, keepsHandshakes])
      keeps(() => trial.store);
    isTransactional(() => trial);
    wakes(() => trial);
  });
}

function keepsRevisions(trial: () => Trial): void {
  test('gives back the network as it was put there, after reopening too', async () => {
    const { files, facts } = newRevision('two');
    expect(await trial().apply('two')).toEqual({ epoch: 'e1', number: 2 });
    const again = await trial().fixture.open();
    expect(await again.read((tx) => tx.network('net'))).toEqual({
      network: 'net',
      revision: { epoch: 'e1', number: 2 },
      files,
      facts,
      frozen: false,
    });
    expect(await again.read((tx) => tx.networks())).toEqual([
      { network: 'net', revision: { epoch: 'e1', number: 2 } },
    ]);
    await again.close();
  });

  test('lists revisions from the newest on, page by page, and shows each with its files', async () => {
    for (const text of ['two', 'three', 'four']) await trial().apply(text, { why: text });
    const page = (before?: number) =>
      trial().store.read((tx) =>
        tx.revisions('net', { limit: 2, ...(before !== undefined && { before }) }),
      );
    expect((await page()).map(({ why }) => why)).toEqual(['four', 'three']);
    expect((await page(3)).map(({ id }) => id.number)).toEqual([2, 1]);
    const third = await trial().store.read((tx) => tx.revision('net', 3));
    expect(third?.files.files['hawser.yaml']).toBe('three');
    expect(third?.revision).toMatchObject({ kind: 'apply', author: 'ada', state: 'applied' });
    expect(third?.revision.summary).toEqual(['hub gets three']);
    expect(await trial().store.read((tx) => tx.revision('net', 9))).toBeUndefined();
  });

  test('goes on counting in a new epoch', async () => {
    await trial().apply('two');
    expect(await trial().apply('back', { kind: 'restore', epoch: 'e2' })).toEqual({
      epoch: 'e2',
      number: 3,
    });
    expect(await trial().apply('four')).toEqual({ epoch: 'e2', number: 4 });
    const old = await trial().store.read((tx) => tx.revision('net', 2));
    expect(old?.revision.id).toEqual({ epoch: 'e1', number: 2 });
  });

  test('counts each network by itself', async () => {
    await trial().store.write((tx) => tx.createNetwork('other', 'x', newRevision('o')));
    await trial().apply('two');
    const list = await trial().store.read((tx) => tx.networks());
    expect(list.map(({ network, revision }) => [network, revision.number])).toEqual([
      ['net', 2],
      ['other', 1],
    ]);
  });

  test('finds the revision that a request made, and never makes a second', async () => {
    const asked = { request: 'one-request', person: 'ada' };
    await trial().apply('two', asked);
    const found = (network: string) =>
      trial().store.read((tx) => tx.requested(network, 'one-request'));
    expect([await found('net'), await found('other')]).toEqual([2, undefined]);
    const second = await trial().store.read((tx) => tx.revision('net', 2));
    expect(second?.person).toBe('ada');
    await expect(trial().apply('three', asked)).rejects.toThrow(/unique/i);
    expect(await trial().current()).toEqual([2, 'two']);
  });

  test('refuses a second network of one name, and a revision of one that is not there', async () => {
    const again = trial().store.write((tx) => tx.createNetwork('net', 'x', newRevision('x')));
    await expect(again).rejects.toMatchObject({ code: 'server/network-exists' });
    const nowhere = trial().store.write((tx) => tx.addRevision('none', newRevision('x')));
    await expect(nowhere).rejects.toMatchObject({ code: 'api/no-network' });
    const thawed = trial().store.write((tx) => tx.setFrozen('none', true));
    await expect(thawed).rejects.toMatchObject({ code: 'api/no-network' });
    expect(await trial().store.read((tx) => tx.network('none'))).toBeUndefined();
    expect(await trial().current()).toEqual([1, 'one']);
  });
}

function holdsRevisions(trial: () => Trial): void {
  const release = (number: number) =>
    trial().store.write((tx) => tx.releaseRevision('net', number, 'ben'));

  test('a held revision is not the network’s own until it is released', async () => {
    const facts = factsWith('10.0.0.7');
    expect(await trial().apply('held', { state: 'held', facts })).toMatchObject({ number: 2 });
    expect(await trial().current()).toEqual([1, 'one']);
    const before = await trial().store.read((tx) => tx.network('net'));
    expect(before?.facts).toEqual(factsWith('10.0.0.1'));
    await release(2);
    expect(await trial().current()).toEqual([2, 'held']);
    const shown = await trial().store.read((tx) => tx.revision('net', 2));
    expect(shown?.revision).toMatchObject({ state: 'applied', approver: 'ben' });
  });

  test('its number is not given out again', async () => {
    await trial().apply('held', { state: 'held' });
    expect(await trial().apply('three')).toMatchObject({ number: 3 });
  });

  test('one that does not wait, or was overtaken, is not released', async () => {
    await trial().apply('held', { state: 'held' });
    await trial().apply('three');
    for (const number of [1, 2, 3, 9]) {
      await expect(release(number)).rejects.toMatchObject({ code: 'server/not-held' });
    }
    expect(await trial().current()).toEqual([3, 'three']);
    const overtaken = await trial().store.read((tx) => tx.revision('net', 2));
    expect(overtaken?.revision.state).toBe('held');
  });
}

function keepsTheRest(trial: () => Trial): void {
  test('changes facts and the freeze without a revision', async () => {
    const facts = factsWith('10.0.0.5');
    await trial().store.write(async (tx) => {
      await tx.putFacts('net', facts);
      await tx.setFrozen('net', true);
    });
    const network = await trial().store.read((tx) => tx.network('net'));
    expect(network).toMatchObject({ facts, frozen: true, revision: { number: 1 } });
    await trial().store.write((tx) => tx.setFrozen('net', false));
    expect((await trial().store.read((tx) => tx.network('net')))?.frozen).toBe(false);
  });

  test('keeps machines by name, sorted as names are in every locale', async () => {
    const names = ['b-1', 'a', 'b', 'b1'];
    await trial().store.write(async (tx) => {
      for (const name of names) await tx.putMachine({ ...machine, name });
      await tx.putMachine({ ...machine, name: 'a', confirmed: 4, quarantined: 5 });
      await tx.removeMachine('net', 'b1');
    });
    const list = await trial().store.read((tx) => tx.machines('net'));
    expect(list.map(({ name }) => name)).toEqual(['a', 'b', 'b-1']);
    expect(list[0]).toEqual({ ...machine, name: 'a', confirmed: 4, quarantined: 5 });
    expect(list[1]).toEqual({ ...machine, name: 'b' });
    const taken = { ...machine, name: 'a', identity: 'of another' };
    expect(await trial().store.write((tx) => tx.putMachine(taken))).toBe(false);
    expect(await trial().store.write((tx) => tx.putMachine({ ...machine, name: 'a' }))).toBe(true);
    const [plain] = await trial().store.read((tx) => tx.machines('net'));
    expect(plain).toEqual({ ...machine, name: 'a' });
  });

  test('finds a token by its hash, with all that was said of it', async () => {
    const limited = { ...token, network: 'net', expires: at(9), usesLeft: 2, lastUsed: at(5) };
    await trial().store.write((tx) => tx.putToken(token));
    const find = () => trial().store.read((tx) => tx.tokenByHash(token.hash));
    expect(await find()).toEqual(token);
    await trial().store.write((tx) => tx.putToken(limited));
    expect(await find()).toEqual(limited);
    expect(await trial().store.read((tx) => tx.tokens())).toEqual([limited]);
    expect(await trial().store.read((tx) => tx.tokenByHash('bb'))).toBeUndefined();
  });

  test('answers who did what since when', async () => {
    await trial().store.write(async (tx) => {
      for (let second = 0; second < 5; second++) {
        const network = second % 2 === 0 ? { network: 'net', revision: second } : {};
        const detail = { second, nothing: null, text: 'ü\u0000' };
        await tx.addAudit({ at: at(second), actor: 'ada', action: 'apply', ...network, detail });
      }
    });
    const ask = (options: object) =>
      trial().store.read((tx) => tx.audit({ limit: 10, ...options }));
    const all = await ask({});
    expect(all.map(({ at: time }) => time)).toEqual([0, 1, 2, 3, 4].map(at));
    expect(all[2]).toEqual({
      seq: all[2]?.seq,
      at: at(2),
      actor: 'ada',
      action: 'apply',
      network: 'net',
      revision: 2,
      detail: { second: 2, nothing: null, text: 'ü\u0000' },
    });
    expect(bare(all[1])).not.toHaveProperty('network');
    expect(await ask({ since: at(3) })).toEqual(all.slice(3));
    expect(await ask({ after: all[1]?.seq, limit: 2 })).toEqual(all.slice(2, 4));
    expect(await ask({ network: 'net' })).toEqual([all[0], all[2], all[4]]);
    expect(await ask({ limit: 2 })).toEqual(all.slice(3));
  });

  test('keeps settings', async () => {
    expect(await trial().store.read((tx) => tx.setting('ca'))).toBeUndefined();
    await trial().store.write((tx) => tx.putSetting('ca', 'one'));
    await trial().store.write((tx) => tx.putSetting('ca', 'two'));
    expect(await trial().store.read((tx) => tx.setting('ca'))).toBe('two');
  });
}

/** Two promises that let a test stop in the middle of a transaction. */
function gate() {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  return { reached, open, stop: () => (reach(), opened) };
}

function isTransactional(trial: () => Trial): void {
  test('a write that fails leaves nothing of itself', async () => {
    const failed = trial().store.write(async (tx) => {
      await tx.addRevision('net', newRevision('two'));
      await tx.putMachine(machine);
      await tx.addAudit({ at: at(0), actor: 'ada', action: 'apply', detail: null });
      throw new Error('the compiler said no');
    });
    await expect(failed).rejects.toThrow('the compiler said no');
    expect(await trial().current()).toEqual([1, 'one']);
    expect(await trial().store.read((tx) => tx.machines('net'))).toEqual([]);
    expect(await trial().store.read((tx) => tx.audit({ limit: 9 }))).toEqual([]);
    expect(await trial().apply('two')).toMatchObject({ number: 2 });
  });

  test('a reader sees one moment, however long it takes, and no writer waits for it', async () => {
    const { reached, open, stop } = gate();
    const reading = trial().store.read(async (tx) => {
      const before = (await tx.network('net'))?.revision.number;
      await stop();
      return [before, (await tx.network('net'))?.revision.number];
    });
    await reached;
    await trial().apply('two');
    open();
    expect(await reading).toEqual([1, 1]);
    expect(await trial().current()).toEqual([2, 'two']);
  });

  test('a reader does not wait for a writer and sees nothing of its unfinished work', async () => {
    const { reached, open, stop } = gate();
    const writing = trial().store.write(async (tx) => {
      await tx.addRevision('net', newRevision('two'));
      await stop();
    });
    await reached;
    const readers = Array.from({ length: 20 }, () => trial().current());
    expect(await Promise.all(readers)).toEqual(readers.map(() => [1, 'one']));
    open();
    await writing;
    expect(await trial().current()).toEqual([2, 'two']);
  });

  test('many writers on two servers each get a number of their own, none is left out', async () => {
    const other = await trial().fixture.open();
    const count = 20;
    const both = [trial().store, other];
    const ids = await Promise.all(
      Array.from({ length: count }, (_, n) =>
        (both[n % 2] as Store).write(async (tx) => {
          const before = (await tx.network('net'))?.revision.number ?? 0;
          const { number } = await tx.addRevision('net', newRevision(`${n}`));
          expect(number).toBe(before + 1);
          return number;
        }),
      ),
    );
    expect(ids.toSorted((a, b) => a - b)).toEqual(ids.map((_, n) => n + 2));
    await other.close();
  });

  test('a store that is opened many times at once makes its tables once', async () => {
    const many = await Promise.all(Array.from({ length: 4 }, () => trial().fixture.open()));
    for (const store of many) {
      expect(await store.read((tx) => tx.networks())).toHaveLength(1);
      await store.close();
    }
  });
}

function wakes(trial: () => Trial): void {
  test('a commit wakes its listeners with the network, after it can be read', async () => {
    const { store } = trial();
    const { promise: seen, resolve } = Promise.withResolvers<unknown>();
    const stop = store.onChange((network) => {
      if (network === 'net') void trial().current().then(resolve);
    });
    await trial().apply('two');
    expect(await seen).toEqual([2, 'two']);
    stop();
  });

  test('a write that fails, or that only notes who did what, wakes nobody', async () => {
    const { store } = trial();
    const heard: unknown[] = [];
    await store.write((tx) => tx.putSetting('settled', 'yes'));
    store.onChange((network) => heard.push(network));
    await store.write((tx) => tx.addAudit({ at: at(0), actor: 'a', action: 'b', detail: null }));
    const failed = store.write(async (tx) => {
      await tx.setFrozen('net', true);
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    await store.write((tx) => tx.setFrozen('net', true));
    expect(heard.filter((network) => network !== undefined)).toEqual(['net']);
  });
}
