import { formatPlace, type Place } from '#base';
import { Prefix } from '#ip';
import { compileErrors } from '../errors.ts';
import { nameOfAddress, uniqueName } from './names.ts';
import { type Answers, checkNames } from './options.ts';
import type { Left, Own, Source, Sources, View } from './source.ts';

/** One machine, as all files together know it. */
export interface Machine {
  readonly key: string | undefined;
  readonly name: string;
  /** The remark on its name, where it is made up. */
  readonly unnamed: boolean;
  /** Its own configurations: of WireGuard one at most. */
  readonly owns: readonly Own[];
  /** What others say of it. */
  readonly seen: readonly Seen[];
  /** What it says of others. */
  readonly says: readonly View[];
}

export interface Seen {
  readonly by: Machine;
  readonly view: View;
}

interface Found {
  key: string | undefined;
  name: string;
  unnamed: boolean;
  readonly owns: Own[];
  readonly seen: { readonly by: Found; readonly view: View }[];
  readonly says: View[];
}

const hostsOf = ({ allowed }: View): readonly string[] =>
  allowed.filter((prefix) => prefix.isSingle).map(({ first }) => first.toString());
const addressesOf = ({ addresses }: Own): readonly string[] =>
  addresses.map(({ address }) => address.toString());

/** Machines by what names them: the public key, else the address inside the tunnel. */
class Registry {
  readonly all: Found[] = [];
  readonly #byKey = new Map<string, Found>();
  readonly #byAddress = new Map<string, Found>();

  own(own: Own): Found {
    const addresses = addressesOf(own);
    const found = this.#find(own.key, addresses);
    const other = found.owns.find(({ key }) => (key === undefined) === (own.key === undefined));
    if (other) throw sameMachine(own, other);
    found.owns.push(own);
    this.#remember(found, addresses);
    return found;
  }

  /** Of the addresses of a peer only the first is surely its own: behind a hub are others. */
  peer(view: View): Found {
    const addresses = hostsOf(view).slice(0, 1);
    const found = this.#find(view.key, addresses);
    this.#remember(found, addresses);
    return found;
  }

  #find(key: string | undefined, addresses: readonly string[]): Found {
    const byAddress = addresses.map((address) => this.#byAddress.get(address));
    const found =
      key === undefined ? byAddress.find((one) => one !== undefined) : this.#byKey.get(key);
    return found ?? this.#add(key);
  }

  #add(key: string | undefined): Found {
    const found: Found = { key, name: '', unnamed: false, owns: [], seen: [], says: [] };
    this.all.push(found);
    if (key !== undefined) this.#byKey.set(key, found);
    return found;
  }

  #remember(found: Found, addresses: readonly string[]): void {
    for (const address of addresses) {
      if (!this.#byAddress.has(address)) this.#byAddress.set(address, found);
    }
  }
}

function sameMachine(own: Own, other: Own): Error {
  const what = own.key === undefined ? 'its address' : 'its key';
  const args = { first: other.place.file, what };
  return compileErrors.error('compile/import-same-machine', args, { place: own.place });
}

const itself = (place: Place): Left => ({
  what: 'a peer that is the machine itself',
  why: 'nobody has a tunnel to itself',
  place,
});

function nameOf(found: Found, names: ReadonlyMap<string, string>): string | undefined {
  const mapped = found.key === undefined ? undefined : names.get(found.key);
  const said = [...found.owns, ...found.seen.map(({ view }) => view)].flatMap((one) => one.names);
  return mapped ?? said[0] ?? found.owns.flatMap(({ pathNames }) => pathNames)[0];
}

/** Files that a person named say more than addresses; keys are the last resort. */
function madeUp(found: Found): string {
  const own = found.owns.flatMap(({ addresses }) => addresses)[0]?.address;
  const seen = found.seen.flatMap(({ view }) => view.allowed).find((prefix) => prefix.isSingle);
  const address = own ?? seen?.first;
  return address ? nameOfAddress(address) : 'peer';
}

function giveNames(all: readonly Found[], names: ReadonlyMap<string, string>): void {
  const taken = new Set<string>();
  for (const found of all) {
    const said = nameOf(found, names);
    const wanted = said ?? madeUp(found);
    found.name = uniqueName(wanted, taken);
    found.unnamed = said === undefined || found.name !== wanted;
    taken.add(found.name);
  }
}

/** @throws compile/import-unknown-name, compile/import-bad-name */
function rename(all: readonly Found[], answers: Pick<Answers, 'names'>): void {
  checkNames(
    answers,
    all.map(({ name }) => name),
  );
  for (const found of all) {
    const name = answers.names.get(found.name);
    if (name === undefined) continue;
    found.name = name;
    found.unnamed = false;
  }
}

/** Who names itself, or is named, by a key comes first: others may turn out to be one of them. */
function register(sources: readonly Source[]) {
  const registry = new Registry();
  const owners = new Map<Source, Found>();
  const peers = new Map<View, Found>();
  const views = sources.flatMap((source) => source.peers);
  for (const isKeyed of [true, false]) {
    for (const source of sources) {
      if ((source.own.key !== undefined) === isKeyed) owners.set(source, registry.own(source.own));
    }
    for (const view of views) {
      if ((view.key !== undefined) === isKeyed) peers.set(view, registry.peer(view));
    }
  }
  return { all: registry.all, owners, peers };
}

/**
 * The machines of all configurations, in the order in which the files name them.
 * @throws compile/import-same-machine, compile/import-unknown-name, compile/import-bad-name
 */
export function machinesOf(
  { sources, names }: Sources,
  answers: Pick<Answers, 'names'>,
): {
  readonly machines: readonly Machine[];
  readonly left: readonly Left[];
} {
  const { all, owners, peers } = register(sources);
  const left: Left[] = [];
  for (const source of sources) {
    const by = owners.get(source) as Found;
    for (const view of source.peers) {
      const peer = peers.get(view) as Found;
      if (peer === by) left.push(itself(view.place));
      else peer.seen.push({ by, view });
      if (peer !== by) by.says.push(view);
    }
  }
  giveNames(all, names);
  rename(all, answers);
  return { machines: all, left };
}

/** Where the configuration of a machine, or of a peer that is it, stands. */
export const whereIs = ({ owns, seen }: Machine): string =>
  [...owns, ...seen.map(({ view }) => view)].map(({ place }) => formatPlace(place))[0] ?? '';

/** The addresses of a machine's own configurations. */
export const ownAddresses = ({ owns }: Machine): readonly Prefix[] =>
  owns.flatMap(({ addresses }) => addresses.map(({ address }) => Prefix.single(address)));
