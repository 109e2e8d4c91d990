/** A store with something in everything it keeps, and all that can be read from it. */
import type { NewRevision, Store } from '#server';

const at = (second: number): string =>
  new Date(Date.UTC(2026, 10, 20, 12, 0, second)).toISOString();

const revision = (second: number, more: Partial<NewRevision> = {}): NewRevision => ({
  kind: 'apply',
  at: at(second),
  author: 'ada',
  why: 'ünïcödé and a " and a \\ and a\nline',
  state: 'applied',
  summary: ['hub gets a peer'],
  files: {
    entry: 'hawser.yaml',
    files: { 'hawser.yaml': `network: kept # ${second}\n`, 'sites/a.yaml': '{}\n' },
  },
  facts: {
    inventory: { machines: [] },
    ledger: { addresses: { hub: ['10.0.0.1', 'fd00::1'] }, tombstones: { '10.0.0.9': second } },
    keys: { hub: { '0': 'jxTGNYDh2QRqCPgSpTLT1VEMIXaIe7A0y6NTX5MRgEM=' } },
    observations: { mtu: { hub: 1500 }, endpoints: { hub: '203.0.113.10:51820' } },
  },
  ...more,
});

export async function fillStore(store: Store): Promise<void> {
  await store.write(async (tx) => {
    await tx.createNetwork('kept', 'epoch-1', revision(1, { kind: 'create' }));
    await tx.addRevision('kept', revision(2, { state: 'held' }));
    const long = { entry: 'hawser.yaml', files: { 'hawser.yaml': '# a long file\n'.repeat(500) } };
    const more = { kind: 'rollback', epoch: 'epoch-2', files: long } as const;
    await tx.addRevision('kept', revision(3, more));
    await tx.createNetwork('empty', 'epoch-3', revision(4, { kind: 'create', summary: [] }));
    await tx.setFrozen('empty', true);
    const asked = { state: 'held', request: 'request-1', person: 'first' } as const;
    await tx.addRevision('empty', revision(5, asked));
    await tx.releaseRevision('empty', 2, 'ben');
    const machine = {
      network: 'kept',
      name: 'hub',
      identity: 'jxTGNYDh2QRqCPgSpTLT1VEMIXaIe7A0y6NTX5MRgEM=',
      enrolment: 'enrolled',
      keys: {},
      joinedAt: at(5),
      tags: ['gpu'],
      ephemeral: false,
    } as const;
    await tx.putMachine({ ...machine, confirmed: 3, quarantined: 1 });
    await tx.putMachine({
      ...machine,
      name: 'alice',
      enrolment: 'pending',
      keys: { '0': 'k' },
      person: 'first',
      memberLife: 3600,
    });
    const token = {
      id: 'first',
      hash: 'aa'.repeat(32),
      role: 'admin',
      name: 'first',
      created: at(6),
      tags: [],
      ephemeral: false,
      admits: false,
      revoked: false,
    };
    await tx.putToken(token);
    await tx.putToken({
      ...token,
      id: 'join',
      hash: 'bb'.repeat(32),
      role: 'join',
      network: 'kept',
      expires: at(59),
      usesLeft: 2,
      tags: ['people'],
      ephemeral: true,
      admits: true,
      lastUsed: at(7),
      revoked: true,
      person: 'first',
      memberLife: 2_592_000,
    });
    await tx.addAudit({ at: at(8), actor: 'ada', action: 'apply', detail: { why: 'ü' } });
    await tx.addAudit({
      at: at(9),
      actor: 'hub',
      action: 'join',
      network: 'kept',
      revision: 3,
      detail: null,
    });
    await tx.putSetting('tls', '{"key":"..."}');
  });
}

export const contentOf = (store: Store): Promise<unknown> =>
  store.read(async (tx) => ({
    networks: await Promise.all(
      (await tx.networks()).map(async ({ network: name }) => ({
        network: await tx.network(name),
        revisions: await tx.revisions(name, { limit: 100 }),
        first: await tx.revision(name, 1),
        requested: await tx.requested(name, 'request-1'),
        machines: await tx.machines(name),
      })),
    ),
    tokens: await tx.tokens(),
    audit: await tx.audit({ limit: 100 }),
    tls: await tx.setting('tls'),
  }));
