import { byText, type Place } from '#base';
import type { Draft } from './draft.ts';
import { errors } from './errors.ts';
import type { Ssh } from './network.ts';
import { type Loose, placeOf, type Text } from './origin.ts';
import { parseJump, parseSshHost } from './text/ssh.ts';

type Source = Loose<Ssh> | undefined;

/** What a site, or the file, says for all its machines, over what is said further out. */
export function readSshDefaults(source: Source, outer: Ssh, draft: Draft): Ssh {
  if (!source) return outer;
  const { user, port, identity, via: text } = source;
  const via = text === undefined ? undefined : draft.parse(viaOf(source, text), parseJump);
  return {
    ...outer,
    ...(user !== undefined && { user }),
    ...(port !== undefined && { port }),
    ...(identity !== undefined && { identity }),
    ...(via !== undefined && { via }),
  };
}

const viaOf = (source: object, text: string): Text => ({ text, place: placeOf(source, 'via') });

interface Reached {
  readonly name: string;
  readonly place: Place;
  readonly ssh?: Source;
}

/** What a machine says, over what its surroundings do; who is jumped over does not jump over itself. */
export function readSsh({ name, place, ssh: source }: Reached, around: Ssh, draft: Draft): Ssh {
  const { via: inherited, ...outer } = around;
  const others = inherited === undefined || inherited === name ? outer : around;
  const ssh = readSshDefaults(source, others, draft);
  const own = source?.via !== undefined;
  if (ssh.via !== undefined) {
    draft.jumps.set(name, { text: ssh.via, place: own ? placeOf(source, 'via') : place });
  }
  return ssh;
}

/** The host that a machine says, read where it was written. */
export function readSshHost(host: Text | undefined, draft: Draft): Pick<Ssh, 'host'> {
  const read = host && draft.parse(host, parseSshHost);
  return read === undefined ? {} : { host: read };
}

/** Machines that can only be reached over themselves are reached by nobody. */
export function reportJumpCycles({ jumps, report }: Draft): void {
  for (const [name, { text, place }] of [...jumps].sort(([a], [b]) => byText(a, b))) {
    const cycle = cycleFrom(name, jumps);
    // One circle is told once: at its first name.
    if (!cycle || cycle.some((other) => byText(other, name) < 0)) continue;
    const args = { name, cycle: [...cycle, name].join(' -> ') };
    report(errors.diagnostic('spec/jump-cycle', args, { place, text }));
  }
}

/** The machines on the way from one back to itself. */
function cycleFrom(name: string, jumps: ReadonlyMap<string, Text>): readonly string[] | undefined {
  const way = [name];
  for (;;) {
    const next = jumps.get(way.at(-1) ?? '')?.text;
    if (next === name) return way;
    if (next === undefined || way.includes(next)) return undefined;
    way.push(next);
  }
}
