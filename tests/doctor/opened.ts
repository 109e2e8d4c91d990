import type { Machine } from '../server/world.ts';

/** A bundle as whoever gets it sees it: its files by their names. */
export function opened(machine: Machine, file: string): ReadonlyMap<string, string> {
  const folder = `${file}.d`;
  machine.do(`mkdir -p ${folder}`);
  machine.do(`tar -xzf ${file} --strip-components=1 -C ${folder}`);
  const names = machine.do(`find ${folder} -type f -printf %P\\n`).trim().split('\n');
  return new Map(names.map((name) => [name, machine.read(`${folder}/${name}`)]));
}
