/**
 * A server's store that commits revision after revision as fast as it can, and says each number on
 * stdout once it is acknowledged. Started as a process of its own, to be killed. Its argument is the
 * place, as JSON.
 */
import { writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { emptyFacts } from '#compile';
import { openStore, type StorePlace } from '#server';

const store = await openStore(JSON.parse(process.argv[2] ?? '') as StorePlace);
for (;;) {
  const number = await store.write(async (tx) => {
    const next = ((await tx.network('net'))?.revision.number ?? 0) + 1;
    const at = new Date().toISOString();
    const id = await tx.addRevision('net', {
      kind: 'apply',
      at,
      author: 'ada',
      why: `${next}`,
      state: 'applied',
      summary: [],
      files: { entry: 'hawser.yaml', files: { 'hawser.yaml': `# ${next}\n`.repeat(500) } },
      facts: { ...emptyFacts, ledger: { addresses: {}, tombstones: { '10.0.0.1': next } } },
    });
    await tx.putSetting('last', `${next}`);
    await tx.addAudit({
      at,
      actor: 'ada',
      action: 'apply',
      network: 'net',
      revision: next,
      detail: {},
    });
    return id.number;
  });
  writeSync(1, `${number}\n`);
  await nextTurn();
}
