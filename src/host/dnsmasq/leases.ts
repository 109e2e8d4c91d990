import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Diagnostic, HawserError } from '#base';
import type { Context } from '../context.ts';
import { hostErrors } from '../errors.ts';
import { writeFileAtomically } from '../files.ts';

type Place = Pick<Context, 'stateFolder' | 'network' | 'namespace'>;

/** What dnsmasq remembers of the addresses it gave: below the agent's own folder, so that a boot leaves it. */
export const leaseFile = ({ stateFolder, network, namespace }: Place): string =>
  join(stateFolder, 'leases', network, namespace);

/** Where one that cannot be read is put. */
const asideOf = (file: string): string => `${file}.bad`;

/**
 * Lines as dnsmasq writes them (lease.c): `expiry mac address name client-id`, then the server's own `duid`,
 * and `expiry iaid address name client-duid`.
 */
const bytes = '(?:[\\da-f]{2}:)+[\\da-f]{2}';
const line = new RegExp(
  [
    `^\\d+ (?:\\S+-)?${bytes} [\\d.]+ \\S+ \\S+$`,
    `^duid ${bytes}$`,
    String.raw`^\d+ T?\d+ [\da-f:]+ \S+ \S+$`,
  ].join('|'),
);

/** Lines that are leases, and whether there are others. */
function judge(text: string): { readonly good: readonly string[]; readonly isBad: boolean } {
  const lines = text.split('\n').filter((one) => one !== '');
  const good = lines.filter((one) => line.test(one));
  return { good, isBad: good.length < lines.length };
}

/** Where what could be read waits for the place of one that is put aside. */
const goodOf = (file: string): string => `${file}.good`;

/**
 * Makes a lease file fit to start with: one that has anything but leases is put aside as it is, and those
 * that can be read stay. @throws host/leases-closed
 */
export function prepareLeases(place: Place): string {
  const file = leaseFile(place);
  try {
    prepare(file);
    return file;
  } catch (error) {
    throw closed(error, file);
  }
}

/** What is to stay is written before anything is taken away: the disk may be full, or the power go. */
function prepare(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (!existsSync(file) && existsSync(goodOf(file))) renameSync(goodOf(file), file);
  const text = readText(file);
  // One that is made by dnsmasq is open to everybody.
  if (!existsSync(file)) writeFileAtomically(file, '');
  if (text === '') return;
  const { good, isBad } = text === undefined ? { good: [], isBad: true } : judge(text);
  if (!isBad) return;
  writeFileAtomically(goodOf(file), good.map((one) => `${one}\n`).join(''));
  rmSync(asideOf(file), { recursive: true, force: true });
  renameSync(file, asideOf(file));
  renameSync(goodOf(file), file);
}

/** What the system says of a file that cannot be written. */
function closed(error: unknown, file: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined || error instanceof HawserError) return error;
  const detail = /^\w+: ([^,]*)/.exec(message)?.[1] ?? message;
  return hostErrors.error('host/leases-closed', { file, detail }, { cause: error });
}

/** Empty where there is none, undefined where it is no file. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? '' : undefined;
  }
}

/** How many leases the DHCP server of a namespace remembers that hold at a time (seconds since 1970; never ending: 0). */
export function countLeases(of: Place, now: number): number {
  const lines = (readText(leaseFile(of)) ?? '').split('\n');
  const ends = lines
    .filter((one) => line.test(one) && !one.startsWith('duid'))
    .map(Number.parseFloat);
  return ends.filter((end) => end === 0 || end > now).length;
}

export function removeLeases(context: Context): void {
  const file = leaseFile(context);
  for (const path of [file, asideOf(file), goodOf(file)])
    rmSync(path, { recursive: true, force: true });
}

/** Leases that were put aside: a person should know, until they are gone. */
export function spoiltLeases(context: Context): readonly Diagnostic[] {
  const file = leaseFile(context);
  if (context.wanted['dhcp-servers'].size === 0 || !existsSync(asideOf(file))) return [];
  const args = { file, aside: asideOf(file) };
  return [hostErrors.diagnostic('host/leases-damaged', args, { severity: 'warning' })];
}
