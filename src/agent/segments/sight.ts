import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Run, sightTable } from '#host';
import type { Table } from '#state';
import { namespaceNow } from '../sockets.ts';
import { Asking, type Pair } from './asking.ts';
import { Seldom } from './seldom.ts';
import {
  askedIn,
  familyOf,
  hookOn,
  keyOf,
  macOf,
  newsSets,
  otherFamily,
  rules,
  setOf,
  valuesIn,
  withoutPort,
} from './sets.ts';

/** ms until a monitor that ended is started again, and between looks at what it may have missed. */
const restart = 1_000;
const round = 60_000;

/** ms to wait for more of the same: what many machines say at once is read once. */
const settle = 15;

/** ms that news stays with the kernel (sets.ts): what is read later may have lost some. */
const newsStays = 900;
/** ms within which the same news is told of once: it may be of before a move. */
export const sameNews = 1_000;

export interface Seen {
  /** A machine is on our own port; with an address where it said one. */
  here(mac: string, address?: string): void;
  /** The bridge has not heard it for long, or it went. */
  silent(mac: string): void;
  /** Somebody on our own port asks for this address. */
  asked(address: string): void;
  /** Whether this machine with this address is known to be on our own port. */
  isHere(pair: Pair): boolean;
  /** The bridge sends frames for it out of our own port, though it was told otherwise. */
  strayed(mac: string, port: string): void;
  /** All that the kernel knew already was told; it heard of these, each as `mac address`. */
  looked(heard: ReadonlySet<string>): void;
}

interface FdbLine {
  readonly mac: string;
  readonly ifname: string;
  readonly master?: string;
  readonly state?: string;
  readonly flags?: readonly string[];
}

const nft = ['nft', '-f', '-'] as const;

/** `02:.. dev eth1 master bridge static`, after `Deleted` where it went. */
const fdbLine = /^(Deleted )?([0-9a-f:]{17}) dev (\S+)( .*)?$/;

/** What it looks at: a namespace, which is not its name, and a port that is routed to. */
function placeOf(space: string, { routed }: Table): string | undefined {
  const inode = namespaceNow(space);
  return inode === undefined ? undefined : `${inode} ${routed?.port ?? ''}`;
}

/** What happens on the port of one segment's namespace, as the kernel tells it. */
export class Sight {
  readonly #space: string;
  readonly #run: Run;
  readonly #seen: Seen;
  #table: Table;
  readonly #asking: Asking;
  #place: string | undefined;
  readonly #children = new Set<ChildProcess>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #generation = 0;
  #reading = false;
  /** When the kernel told of the first news that are not read. */
  #unread: number | undefined;
  #hasLooked = false;
  /** What its table looks like; undefined: it has not begun. */
  #laid: string | undefined;
  #again = false;
  /** Machines on the port, as far as the bridge knows. */
  readonly #there = new Set<string>();
  readonly #told = new Seldom(sameNews, 16_384);

  constructor(space: string, table: Table, run: Run, seen: Seen) {
    this.#space = space;
    this.#table = table;
    this.#run = run;
    this.#seen = seen;
    this.#asking = new Asking({
      space,
      table: () => this.#table,
      read: (argv) => this.#run('read', this.#inside(argv)),
      batch: (argv, lines) => this.#batch(argv, lines),
      isHere: (pair) => seen.isHere(pair),
    });
  }

  /** Whether it watches the namespace that has the name now; begins to, where it does not. */
  follow(table: Table): void {
    this.#table = table;
    const place = placeOf(this.#space, table);
    if (place === this.#place) return void this.#check();
    this.#end();
    this.#place = place;
    if (place !== undefined) void this.#begin();
  }

  stop(): void {
    this.#end();
    this.#place = undefined;
  }

  /** Lets go of a namespace that has lost its name, which lives as long as anybody looks into it. */
  letGo(): void {
    if (this.#place !== undefined && placeOf(this.#space, this.#table) !== this.#place) this.stop();
  }

  /** Begins anew where its table is not what it was: others may have flushed all there is. */
  async #check(): Promise<void> {
    const [laid, generation] = [this.#laid, this.#generation];
    if (laid === undefined) return;
    const now = await this.#layout().catch(() => '');
    if (now === laid || generation !== this.#generation) return;
    this.#end();
    void this.#begin();
  }

  /** What it looked at cannot be read: whatever that is for, it begins anew. */
  #failed(): void {
    this.#end();
    this.#after('begin', restart, () => void this.#begin());
  }

  #end(): void {
    this.#generation++;
    this.#hasLooked = false;
    this.#laid = undefined;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const child of this.#children) child.kill('SIGKILL');
    this.#children.clear();
    this.#there.clear();
  }

  #inside(argv: readonly string[]): readonly string[] {
    return ['ip', 'netns', 'exec', this.#space, ...argv];
  }

  async #begin(): Promise<void> {
    const generation = this.#generation;
    try {
      const tables = await this.#run('read', this.#inside(['nft', 'list', 'tables']));
      const other = `table ${otherFamily(this.#table)} ${sightTable}`;
      if (tables.split('\n').includes(other)) await this.#batch(nft, [`delete ${other}`]);
      await this.#put();
      const laid = await this.#layout();
      if (generation !== this.#generation) return;
      this.#laid = laid;
    } catch {
      if (generation === this.#generation) this.#failed();
      return;
    }
    this.#watch(['nft', 'monitor', 'trace'], () => this.#heard());
    const { routed } = this.#table;
    if (routed) {
      this.#watch(['ip', 'monitor', 'link'], () => this.#after('hook', settle, () => this.#hook()));
    } else this.#watch(['bridge', 'monitor', 'fdb'], (text) => this.#moved(text));
    await this.#round();
  }

  /** What it knows by sets of another kind, as another version or person made them, is learnt anew. */
  async #put(): Promise<void> {
    const stdin = rules(this.#table);
    const put = (text: string) => this.#run('write', this.#inside(nft), { stdin: text });
    const gone = `table ${this.#family} ${sightTable}`;
    await put(stdin).catch(() => put(`add ${gone}\ndelete ${gone}\n${stdin}`));
  }

  async #layout(): Promise<string> {
    const argv = ['nft', '-t', 'list', 'table', this.#family, sightTable];
    return withoutPort(await this.#run('read', this.#inside(argv)));
  }

  /** A port that is on no bridge is listened to from when it is there. */
  #hook(): void {
    const { routed } = this.#table;
    if (routed) void this.#batch(nft, [hookOn(routed.port)]);
  }

  get #family(): string {
    return familyOf(this.#table);
  }

  #after(name: string, delay: number, act: () => void): void {
    clearTimeout(this.#timers.get(name));
    const generation = this.#generation;
    const run = (): void => {
      if (generation === this.#generation) act();
    };
    this.#timers.set(name, setTimeout(run, delay));
  }

  /** Ends with the agent, also where that is killed. */
  #watch(argv: readonly string[], hear: (text: string) => void): void {
    const generation = this.#generation;
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...this.#inside(argv)], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    this.#children.add(child);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (generation === this.#generation) hear(text);
    });
    child.once('error', () => undefined);
    child.once('close', () => {
      this.#children.delete(child);
      if (generation !== this.#generation) return;
      this.#after(`watch ${argv[0]}`, restart, () => {
        this.#watch(argv, hear);
        void this.#round();
      });
    });
  }

  #heard(): void {
    this.#unread ??= performance.now();
    if (this.#reading) this.#again = true;
    else this.#after('read', settle, () => void this.#read());
  }

  async #read(): Promise<void> {
    const [generation, since = performance.now()] = [this.#generation, this.#unread];
    this.#reading = true;
    this.#again = false;
    this.#unread = undefined;
    try {
      const [news = [], news6 = [], asked6 = []] = await Promise.all(
        this.#hasSix ? newsSets.map((name) => this.#set(name)) : [this.#set('news')],
      );
      this.#pairs([...news, ...news6].filter((one) => this.#told.takes(keyOf(one))));
      for (const one of [...news.flatMap(askedIn), ...asked6]) this.#seen.asked(String(one));
      // On a machine that is slow, or has much to do: what was heard stays for longer.
      if (performance.now() - since > newsStays && generation === this.#generation) {
        await this.#round();
      }
    } catch {
      if (generation === this.#generation) this.#failed();
    } finally {
      this.#reading = false;
    }
    if (this.#again && generation === this.#generation) this.#heard();
  }

  #pairs(values: readonly unknown[]): void {
    for (const value of values) {
      const [mac, address] = (value as { readonly concat?: readonly string[] }).concat ?? [];
      if (mac === undefined) continue;
      if (this.#table.routed) this.#there.add(mac);
      this.#seen.here(mac, address);
    }
  }

  /** One at a time: nft finds none but the last of several. */
  async #set(name: string): Promise<readonly unknown[]> {
    const argv = ['nft', '-j', 'list', 'set', this.#family, sightTable, name];
    const text = await this.#run('read', this.#inside(argv));
    return valuesIn(text);
  }

  get #hasSix(): boolean {
    return this.#table.subnets.some((subnet) => subnet.includes(':'));
  }

  #isPort(device: string): boolean {
    return device !== this.#table.vxlan && device !== this.#table.bridge;
  }

  #moved(text: string): void {
    for (const line of text.split('\n')) {
      const [, deleted, mac = '', device = '', rest = ''] = fdbLine.exec(line) ?? [];
      if (mac === '' || !rest.includes('master') || /\b(self|permanent)\b/.test(rest)) continue;
      if (device === this.#table.vxlan && !deleted) this.#there.delete(mac);
      if (!this.#isPort(device)) continue;
      if (deleted) this.#wentSilent(mac);
      else this.#came(mac, device, rest.includes('static'));
    }
  }

  #came(mac: string, port: string, isStatic: boolean): void {
    this.#there.add(mac);
    this.#seen.here(mac);
    // An entry of ours that followed its machine to the port.
    if (isStatic) this.#seen.strayed(mac, port);
  }

  /** Whether all that the kernel knew already was told. */
  get hasLooked(): boolean {
    return this.#hasLooked;
  }

  /** There is no namespace to look at. */
  get isBlind(): boolean {
    return this.#place === undefined;
  }

  isThere(mac: string): boolean {
    return this.#there.has(mac);
  }

  #wentSilent(mac: string): void {
    if (this.#there.delete(mac)) this.#seen.silent(mac);
  }

  /** All that the kernel knows, for what the monitors missed. */
  async #round(): Promise<void> {
    const generation = this.#generation;
    this.#hook();
    try {
      const entries = this.#table.routed ? [] : await this.#bridged();
      const heard = await this.#heardValues();
      if (generation !== this.#generation) return;
      const now = new Set(this.#table.routed ? heard.map(macOf) : entries.map(({ mac }) => mac));
      for (const { mac, ifname, state } of entries) this.#came(mac, ifname, state === 'static');
      this.#pairs(heard.filter((one) => now.has(macOf(one))));
      for (const mac of this.#there) if (!now.has(mac)) this.#wentSilent(mac);
      this.#hasLooked = true;
      this.#seen.looked(new Set(heard.map(keyOf)));
    } catch {
      if (generation === this.#generation) this.#failed();
      return;
    }
    this.#after('round', round, () => void this.#round());
  }

  /** Whom the bridge knows on the port. */
  async #bridged(): Promise<readonly FdbLine[]> {
    const text = await this.#run('read', this.#inside(['bridge', '-j', 'fdb', 'show']));
    return (JSON.parse(text) as readonly FdbLine[]).filter(
      ({ ifname, master, state }) =>
        master !== undefined && state !== 'permanent' && this.#isPort(ifname),
    );
  }

  async #heardValues(): Promise<readonly unknown[]> {
    return [...(await this.#set('heard')), ...(this.#hasSix ? await this.#set('heard6') : [])];
  }

  /** Makes the kernel ask for these on the port, though it may think that it knows them. */
  probe(addresses: readonly string[]): Promise<void> {
    return this.#asking.addresses(addresses);
  }

  /** Asks for machines on the port: whoever answers is told of. */
  async lookFor(pairs: readonly Pair[], past: readonly Pair[] = []): Promise<void> {
    await this.forget(pairs);
    await this.#asking.pairs(pairs, past);
  }

  /** Machines with their addresses (`mac address`) of which it heard, and was not told to forget. @throws host/command-failed */
  async heard(): Promise<ReadonlySet<string>> {
    return new Set((await this.#heardValues()).map(keyOf));
  }

  /** What is told of these is news again: whoever answers is heard. */
  async forget(pairs: readonly Pair[]): Promise<void> {
    if (this.#table.routed) for (const [mac] of pairs) this.#there.delete(mac);
    for (const set of ['heard', 'heard6'] as const) {
      const some = pairs.filter(([mac, of]) => mac !== of && setOf(of) === set);
      const elements = `element ${this.#family} ${sightTable} ${set} { ${some.map((one) => one.join(' . ')).join(', ')} }`;
      // What is not there cannot be deleted.
      if (some.length > 0) await this.#batch(nft, [`add ${elements}`, `delete ${elements}`]);
    }
  }

  /** Asks on the port, twice, and gives of which an answer came within `ms`. @throws host/command-failed */
  async answering(pairs: readonly Pair[], ms: number): Promise<readonly Pair[]> {
    await this.forget(pairs);
    for (const _ of [1, 2]) {
      await this.#asking.pairs(pairs, []);
      await sleep(ms / 2);
    }
    const heard = await this.heard();
    return pairs.filter((pair) => heard.has(pair.join(' ')));
  }

  /** What the bridge knows of a machine it may forget again. */
  async loosen(mac: string, port: string): Promise<void> {
    await this.#batch(['bridge', 'fdb', 'replace', mac, 'dev', port, 'master', 'dynamic'], []);
  }

  async #batch(argv: readonly string[], lines: readonly string[]): Promise<void> {
    const stdin = `${lines.join('\n')}\n`;
    await this.#run('write', this.#inside(argv), { stdin }).catch(() => undefined);
  }
}
