import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Secret } from '#base';
import { serverErrors } from '../errors.ts';
import { type Dump, dump } from '../store/dump.ts';
import type { Engine } from '../store/engine.ts';
import { connect, type StorePlace } from '../store/open.ts';
import { databaseFile } from '../store/sqlite.ts';
import { seal } from './envelope.ts';

export interface BackupInit {
  readonly passphrase: Secret;
  readonly clock: () => Date;
}

async function* asText(lines: Dump): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`;
}

/** Errors of the file itself; others are the store's. */
function fileFailure(cause: unknown, file: string): Error | undefined {
  if (!(cause instanceof Error) || !('syscall' in cause) || !('code' in cause)) return undefined;
  if (cause.code === 'ECONNREFUSED') return undefined;
  const detail = cause.message;
  const code = cause.code === 'ENOSPC' ? 'server/disk-full' : 'server/store-unreadable';
  return serverErrors.error(code, { store: file, detail }, { cause });
}

async function writeFile(engine: Engine, file: string, init: BackupInit): Promise<void> {
  const { head, content } = await seal(init.passphrase);
  // Nothing that somebody put there is written to.
  await rm(file, { force: true });
  await using handle = await open(file, 'wx', 0o600);
  await handle.writeFile(head);
  const write = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) await handle.writeFile(chunk);
  };
  await engine.read(async (db) => {
    const lines = Readable.from(asText(dump(db, init.clock())));
    await pipeline(lines, createGzip(), content, write);
  });
  await handle.sync();
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path);
  await folder.sync();
}

/** Without making a new store where there is none. */
function connectExisting(place: StorePlace): Promise<Engine> {
  if ('data' in place && !existsSync(databaseFile(place.data))) {
    const detail = 'there is none';
    throw serverErrors.error('server/store-unreadable', { store: place.data, detail });
  }
  return connect(place);
}

/**
 * Writes all that a server keeps, its CA key and tokens too, as of one moment, under a passphrase; the
 * server goes on meanwhile. The file is there whole or not at all, readable by its owner.
 * @throws server/store-unreadable, server/disk-full: of the store or of the file
 */
export async function writeBackup(
  place: StorePlace,
  file: string,
  init: BackupInit,
): Promise<void> {
  const unfinished = `${file}.${process.pid}.unfinished`;
  const engine = await connectExisting(place);
  try {
    await writeFile(engine, unfinished, init);
    await rename(unfinished, file);
    await syncFolder(dirname(file));
  } catch (error) {
    await rm(unfinished, { force: true });
    throw engine.failure(error) ?? fileFailure(error, file) ?? error;
  } finally {
    await engine.close();
  }
}
