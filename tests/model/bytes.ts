import { canonicalJson } from '#base';
import { affected, type Model, machinesOf, project } from '#compile';

/** What each machine gets, as its bytes. */
export const bytesOf = (model: Model): Map<string, string> =>
  new Map(machinesOf(model).map((name) => [name, canonicalJson(project(model, name))]));

/** Machines whose bytes differ and that `affected` does not name. */
export function missed(a: Model, b: Model): string[] {
  const [before, after] = [bytesOf(a), bytesOf(b)];
  const told = affected(a, b);
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name) && !told.includes(name))
    .map((name) => `${name} gets other bytes and is not told`);
}
