import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { RevisionId } from '#api';
import { HawserError, type Secret } from '#base';
import { serverErrors } from '../errors.ts';
import { forgetServers } from '../known-servers.ts';
import type { Transaction } from '../store/contract.ts';
import { type DumpHead, type DumpLine, load } from '../store/dump.ts';
import type { Engine } from '../store/engine.ts';
import { connect, type StorePlace } from '../store/open.ts';
import { connectMemory, orUnmade } from '../store/sqlite.ts';
import { transactionOn } from '../store/transaction.ts';
import { headLength, unseal } from './envelope.ts';
import type { BackupInit } from './write.ts';

/** What is in a backup. */
export interface BackupContent {
  /** When it was made, RFC 3339. */
  readonly made: string;
  readonly networks: readonly { readonly network: string; readonly revision: RevisionId }[];
}

const unreadable = (file: string, why: string, cause?: unknown) =>
  serverErrors.error('server/backup-unreadable', { file, why }, { cause });

async function headOf(file: string): Promise<Buffer> {
  const handle = await open(file).catch((cause: unknown) => {
    throw unreadable(file, cause instanceof Error ? cause.message : String(cause), cause);
  });
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(headLength), 0, headLength, 0);
  await handle.close();
  return buffer.subarray(0, bytesRead);
}

async function* linesIn(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of text) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/** The lines of a backup; throws at their end where the file is not as it was written. */
async function* linesOf(file: string, passphrase: Secret): AsyncGenerator<DumpLine> {
  const opener = await unseal(await headOf(file), passphrase);
  if (!opener) throw unreadable(file, 'it does not begin as one');
  const text = createGunzip().setEncoding('utf8');
  const flow = pipeline(createReadStream(file, { start: headLength }), opener, text);
  flow.catch(() => {});
  try {
    for await (const line of linesIn(text)) yield JSON.parse(line) as DumpLine;
    await flow;
  } catch (cause) {
    throw unreadable(file, 'the passphrase is another one, or the file was changed', cause);
  }
}

/** @throws server/backup-unreadable where the file is not as it was written */
async function readThrough(file: string, passphrase: Secret): Promise<void> {
  const lines = linesOf(file, passphrase);
  while (!(await lines.next()).done);
}

async function loadBackup(
  engine: Engine,
  file: string,
  passphrase: Secret,
  then: (tx: Transaction, head: DumpHead) => Promise<void>,
): Promise<BackupContent> {
  try {
    return await engine.restructure(async (db) => {
      const head = await load(db, engine, linesOf(file, passphrase));
      if (!head) throw serverErrors.error('server/store-not-empty', { store: engine.name });
      const tx = transactionOn(db, new Set(), engine.dialect);
      await then(tx, head);
      return { made: head.made, networks: await tx.networks() };
    });
  } catch (error) {
    // What is changed shows only at the file's end, and may have made nonsense of a row before that.
    await readThrough(file, passphrase);
    throw error instanceof HawserError ? error : (engine.failure(error) ?? error);
  } finally {
    await engine.close();
  }
}

/** A new epoch for each network: what agents know of later revisions of the old one is void. */
async function beginEpochs(tx: Transaction, { made }: DumpHead, now: Date): Promise<void> {
  const said = {
    kind: 'restore',
    at: now.toISOString(),
    author: 'hawser restore',
    why: `restored from the backup of ${made}`,
    state: 'applied',
    summary: [],
  } as const;
  await forgetServers(tx);
  for (const { network: name } of await tx.networks()) {
    const network = await tx.network(name);
    if (!network) continue;
    const { files, facts } = network;
    const { number } = await tx.addRevision(name, { ...said, files, facts, epoch: randomUUID() });
    await tx.addAudit({
      at: said.at,
      actor: said.author,
      action: 'restore',
      network: name,
      revision: number,
      detail: { made },
    });
  }
}

/**
 * Puts a backup into an empty place: a new data folder, or a database without tables. Each network
 * begins a new epoch with a revision that says so.
 * @throws server/backup-unreadable, server/store-not-empty, server/store-newer,
 *   server/store-unreadable, server/disk-full: the place stays as it was
 */
export async function restoreBackup(
  file: string,
  place: StorePlace,
  { passphrase, clock }: BackupInit,
): Promise<BackupContent> {
  const work = async (): Promise<BackupContent> => {
    const engine = await connect(place);
    return loadBackup(engine, file, passphrase, (tx, head) => beginEpochs(tx, head, clock()));
  };
  return 'data' in place ? orUnmade(place.data, work) : work();
}

/**
 * Proves that a backup can be restored, by restoring it in memory.
 * @throws server/backup-unreadable, server/store-newer
 */
export async function verifyBackup(file: string, passphrase: Secret): Promise<BackupContent> {
  return loadBackup(await connectMemory(), file, passphrase, async () => {});
}
