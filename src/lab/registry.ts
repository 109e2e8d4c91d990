import { lstatSync, mkdirSync, type Stats } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { byText } from '#base';
import { labErrors } from './errors.ts';
import { endKeeper, findKeeper } from './keeper.ts';
import { startTime } from './processes.ts';

/** Two ends that are cut off from each other, or one that is cut off from the internet. */
export type Cut = readonly [string] | readonly [string, string];

/** What is known of a lab besides what lives in the kernel; one folder each. */
export interface LabRecord {
  readonly format: 1;
  /** Random; its keeper carries it. */
  readonly id: string;
  readonly name: string;
  readonly network: string;
  /** The file it was made from, absolute. */
  readonly file: string;
  /** The machine of its server; absent where the lab makes states itself. */
  readonly server?: string;
  /** ISO 8601. */
  readonly created: string;
  readonly stage: 'building' | 'up';
  readonly builder: { readonly pid: number; readonly started: string };
  readonly keeper?: number;
  readonly cuts: readonly Cut[];
}

/**
 * building: its builder is at work. broken: the builder died half-way. gone: it was up and its keeper
 * has died, as after a reboot.
 */
export type LabStatus = 'up' | 'building' | 'broken' | 'gone';

/** The folder of all labs of this user: HAWSER_LABS, or below /run, or where users may write. */
export function labsDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env['HAWSER_LABS']) return env['HAWSER_LABS'];
  const uid = process.getuid?.() ?? 0;
  if (uid === 0) return '/run/hawser/labs';
  return env['XDG_RUNTIME_DIR']
    ? join(env['XDG_RUNTIME_DIR'], 'hawser/labs')
    : `/tmp/hawser-${uid}/labs`;
}

/** Where anybody may write, the folder above is somebody else's to make too. */
const guarded = (): readonly string[] =>
  labsDir().startsWith('/tmp/hawser-') ? [dirname(labsDir()), labsDir()] : [labsDir()];

/** Labs are run by what lies in their folder: nobody else may have put it there. */
function requireOwnFolders(): void {
  for (const folder of guarded()) {
    const found = lstatSync(folder, { throwIfNoEntry: false });
    const reason = found && notOurs(found);
    if (reason) throw labErrors.error('lab/foreign-folder', { folder, reason });
  }
}

function notOurs(found: Stats): string | undefined {
  if (!found.isDirectory()) return 'is no folder';
  if (found.uid !== process.getuid?.()) return `belongs to user ${found.uid}`;
  const others = found.mode & 0o077;
  return others === 0 ? undefined : `is open to others (mode ${(found.mode & 0o777).toString(8)})`;
}

export const labDir = (name: string): string => join(labsDir(), name);

/** Takes a name. Throws `lab/exists`, `lab/bad-name`, `lab/foreign-folder`. */
export async function claim(
  id: string,
  about: Pick<LabRecord, 'name' | 'network' | 'file' | 'server'>,
): Promise<LabRecord> {
  const { name } = about;
  if (!/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) {
    throw labErrors.error('lab/bad-name', { name });
  }
  requireOwnFolders();
  await mkdir(labsDir(), { recursive: true, mode: 0o700 });
  requireOwnFolders();
  const record: LabRecord = {
    format: 1,
    id,
    ...about,
    created: new Date().toISOString(),
    stage: 'building',
    builder: { pid: process.pid, started: startTime(process.pid) ?? '' },
    cuts: [],
  };
  try {
    mkdirSync(labDir(name), { mode: 0o700 });
  } catch (cause) {
    const status = statusOf(await readLab(name));
    throw labErrors.error('lab/exists', { name, status }, { cause });
  }
  await writeLab(record);
  return record;
}

export async function writeLab(record: LabRecord): Promise<void> {
  const path = join(labDir(record.name), 'lab.json');
  await writeFile(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`);
  await rename(`${path}.new`, path);
}

/** The record of a lab; undefined while it has none, having been killed before it wrote one. */
async function readLab(name: string): Promise<LabRecord | undefined> {
  try {
    return JSON.parse(await readFile(join(labDir(name), 'lab.json'), 'utf8')) as LabRecord;
  } catch {
    return undefined;
  }
}

export interface Listed {
  readonly name: string;
  readonly status: LabStatus;
  readonly record?: LabRecord;
}

/** Throws `lab/foreign-folder`. */
export async function listLabs(): Promise<readonly Listed[]> {
  requireOwnFolders();
  const names = await readdir(labsDir()).catch(() => []);
  return Promise.all(
    names.toSorted(byText).map(async (name) => {
      const record = await readLab(name);
      return { name, status: statusOf(record), ...(record && { record }) };
    }),
  );
}

function statusOf(record: LabRecord | undefined): LabStatus {
  if (record === undefined) return 'broken';
  const { pid, started } = record.builder;
  if (record.stage === 'building') return startTime(pid) === started ? 'building' : 'broken';
  return findKeeper(record.id, record.keeper) ? 'up' : 'gone';
}

/** The end of a lab, in whatever state: its processes, then its folder. */
export async function remove({ name, record }: Listed): Promise<void> {
  if (record) {
    endBuilder(record);
    await endKeeper(record.id);
  }
  await rm(labDir(name), { recursive: true, force: true });
}

/** A lab that is taken down while it is built: its builder must not go on. */
function endBuilder({ stage, builder }: LabRecord): void {
  if (stage !== 'building' || builder.pid === process.pid) return;
  if (startTime(builder.pid) === builder.started) process.kill(builder.pid, 'SIGKILL');
}
