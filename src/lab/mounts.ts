import { mkdir, readdir, realpath, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { must, run } from './run.ts';
import { externalPrefix } from './underlay/plan.ts';

/**
 * What a lab and each of its machines see at the places that programs have in common. `enter` is the
 * beginning of a command line that runs in the mount namespace concerned; all mounts vanish with it.
 */
type Enter = readonly string[];

/**
 * An empty /run, so that nobody touches the machine's own (WireGuard's sockets, named namespaces, the
 * bus), with the lab's folder at its usual place in it, and these of the namespaces there are, which stand for
 * routers of others.
 */
export async function freshRun(
  enter: Enter,
  labDir: string,
  spaces: readonly string[] = [],
): Promise<void> {
  const stage = await stageIn(enter, labDir);
  const kept = await realpath(labDir);
  const place = kept.startsWith('/run/') ? [`${stage}${kept.slice('/run'.length)}`] : [];
  await must([...enter, 'mkdir', '-p', `${stage}/netns`, `${stage}/wireguard`, ...place]);
  for (const path of place) await must([...enter, 'mount', '-n', '--bind', kept, path]);
  for (const name of spaces) {
    const own = `${stage}/netns/${name.slice(externalPrefix.length)}`;
    await must([...enter, 'touch', own]);
    await must([...enter, 'mount', '-n', '--bind', `/run/netns/${name}`, own]);
  }
  await must([...enter, 'mount', '-n', '--move', stage, '/run']);
}

async function stageIn(enter: Enter, labDir: string): Promise<string> {
  const stage = join(labDir, 'stage');
  await mkdir(stage, { recursive: true });
  await must([...enter, 'mount', '-n', '-t', 'tmpfs', '-o', 'mode=755', 'hawser', stage]);
  return stage;
}

/** Where an agent keeps its keys and its last known good state, and a server all that it has. */
export const homes = { agent: '/var/lib/hawser', server: '/var/lib/hawser-server' } as const;

/**
 * Makes sure that these folders exist to be mounted over, without making them on the machine: a /var/lib
 * of the same content with what is missing.
 */
export async function provideHomes(enter: Enter, labDir: string): Promise<void> {
  const entries = await readdir('/var/lib', { withFileTypes: true });
  const wanted = Object.values(homes).map((home) => basename(home));
  const missing = wanted.filter((name) => !entries.some((entry) => entry.name === name));
  if (missing.length === 0) return;
  const stage = await stageIn(enter, labDir);
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const others = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
  const made = [...missing, ...folders].map((name) => `${stage}/${name}`);
  await must([...enter, 'mkdir', ...made]);
  if (others.length > 0) {
    // What may not be read is not missed.
    await run([...enter, 'cp', '-P', '--', ...others.map((name) => `/var/lib/${name}`), stage]);
  }
  const table = join(labDir, 'fstab');
  const line = (name: string) =>
    `/var/lib/${escape(name)} ${stage}/${escape(name)} none rbind 0 0\n`;
  await writeFile(table, folders.map(line).join(''));
  await must([...enter, 'mount', '-n', '-a', '-T', table]);
  await must([...enter, 'mount', '-n', '--move', stage, '/var/lib']);
}

/** Blanks as fstab(5) writes them. */
const escape = (name: string): string => name.replaceAll(' ', '\\040').replaceAll('\t', '\\011');

/** Lays a file or folder over another. */
export const layOver = (enter: Enter, from: string, onto: string): Promise<string> =>
  must([...enter, 'mount', '-n', '--bind', from, onto]);
