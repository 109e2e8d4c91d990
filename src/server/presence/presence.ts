import type { UpgradeMessage } from '#api';
import type { Carried } from '../history/throughput.ts';
import type { Peers } from '../store/peers.ts';
import { type Answer, type Asked, Calls } from './calls.ts';
import { type Card, shortened } from './card.ts';
import { type Elsewhere, Others } from './others.ts';
import { formatWord, type Here, parseWord, parted, type Word } from './words.ts';

/** The agents of one network that are connected to this server. */
export interface Local {
  /** The revision that this server is at. */
  readonly revision: () => number;
  readonly identities: () => Iterable<string>;
  readonly card: (identity: string) => Card | undefined;
  /** When machines were seen here last that are connected nowhere, ms since 1970. */
  readonly seen: () => Readonly<Record<string, number>>;
  /** Whether that connection shows a sign of life; false if there is none. */
  readonly lives: (identity: string, boot: string) => Promise<boolean>;
  /** Another server has a connection of an identity that is connected here too. */
  readonly met: (elsewhere: Elsewhere) => void;
  /** Another server refused a second machine of an identity that is connected here. */
  readonly cloned: (identity: string, address: string) => void;
  /** Another server was heard for the first time. */
  readonly joined: () => void;
  /** Who is connected elsewhere is another than before; `here`: what was said of that. */
  readonly moved: (here?: Here) => void;
  /** Answers another server. */
  readonly answer: (asked: Asked) => Promise<Answer>;
  /** What the tunnels carried by what this server was told, and by what another was. */
  readonly carried: () => Carried;
  readonly carriedElsewhere: (server: string, carried: Carried) => void;
  /** Other servers put into the store what machines told them; `missed`: perhaps long ago. */
  readonly told: (missed: boolean) => void;
  /** Other servers put handshakes into the store, or may have. */
  readonly shaken: () => void;
  readonly retry: (identity: string) => void;
  readonly upgrade: (identity: string, order: UpgradeMessage) => void;
}

export interface PresenceInit {
  readonly peers: Peers;
  /** Where this server is reached. */
  readonly servers: () => readonly string[];
  /** Told when other servers say that they are elsewhere, or are gone. */
  readonly onServers: () => void;
}

/** Milliseconds: between beats, until changes are told, between asking one server for the whole. */
const beatEvery = 2_000;
const tellAfter = 50;
const askEvery = 1_000;
/** Milliseconds that another server has to find out whether an agent lives. */
const answerWithin = 5_000;

type Ask = Extract<Word, { say: 'lives?' }>;

/**
 * Who is connected to which of the servers on one store. It is told from server to server, and kept
 * nowhere: an agent that is there or not is no news for a database.
 */
export class Presence {
  readonly #init: PresenceInit;
  readonly #locals = new Map<string, Local>();
  readonly #others = new Others();
  /** What is to be told, by network. */
  readonly #changed = new Map<string, Set<string>>();
  readonly #asked = new Map<string, number>();
  readonly #waiting = new Map<number, (lives: boolean) => void>();
  readonly #calls = new Calls({
    say: (words) => this.#say(...words),
    answer: async (asked) => this.#locals.get(asked.network)?.answer(asked) ?? null,
  });
  #beat: NodeJS.Timeout | undefined;
  #stop: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #seq = 0;
  #ids = 0;
  #servers = '';
  /** Since when nothing was missed: ms of performance.now. */
  #since = performance.now();

  constructor(init: PresenceInit) {
    this.#init = init;
  }

  /** Listens to the other servers, and tells them of this one from now on. */
  open(): void {
    this.#stop = this.#init.peers.onWord((from, word) => {
      if (from === undefined) this.#connected();
      else this.#heard(from, word);
    });
    this.#beat = setInterval(() => this.#pulse(), beatEvery).unref();
    // It may have been connected before anybody listened.
    this.#connected();
  }

  /** Since when this server hears of all others without a break: ms of performance.now. */
  get since(): number {
    return this.#since;
  }

  get self(): string {
    return this.#init.peers.self;
  }

  /** Whether there are other servers. */
  get some(): boolean {
    return this.#others.some;
  }

  /** How the other servers are called among themselves. */
  get ids(): readonly string[] {
    return this.#others.ids;
  }

  /** Where the other servers are that live. */
  get servers(): readonly string[] {
    return this.#others.servers;
  }

  add(network: string, local: Local): void {
    this.#locals.set(network, local);
  }

  /** Tells the others of a connection, soon; without one of the revision only. */
  changed(network: string, identity?: string): void {
    if (!this.#others.some || this.#isClosed) return;
    const changed = this.#changed.get(network) ?? new Set<string>();
    this.#changed.set(network, changed);
    if (identity !== undefined) changed.add(identity);
    this.#timer ??= setTimeout(() => this.#tell(), tellAfter);
  }

  find(network: string, identity: string): Elsewhere | undefined {
    return this.#others.find(network, identity);
  }

  count(network: string): number {
    return this.#others.count(network);
  }

  /** Asks another server whether a connection lives. No answer means that it does not. */
  async lives(network: string, { server, card: { identity, boot } }: Elsewhere): Promise<boolean> {
    const id = ++this.#ids;
    const answer = new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), answerWithin).unref();
      this.#waiting.set(id, (lives) => {
        clearTimeout(timer);
        resolve(lives);
      });
    });
    this.#say({ say: 'lives?', to: server, id, network, identity, boot });
    return answer.finally(() => this.#waiting.delete(id));
  }

  /** Tells the others that the store has more of what machines of a network told. */
  told(network: string): void {
    this.#say({ say: 'told', network });
  }

  /** Tells the others that the store has more handshakes of a network. */
  shaken(network: string): void {
    if (this.some) this.#say({ say: 'shaken', network });
  }

  /** Asks another server; undefined: no answer came within so many ms. */
  async ask(server: string, asked: Asked, within: number): Promise<Answer | undefined> {
    return this.#calls.ask(server, asked, within);
  }

  /** Tells the others what the tunnels of a network carried. */
  carried(network: string): void {
    const local = this.#locals.get(network);
    if (local && this.some) this.#say({ say: 'carried', network, ...local.carried() });
  }

  cloned(network: string, { server, card: { identity } }: Elsewhere, clone: string): void {
    this.#say({ say: 'clone', to: server, network, identity, clone });
  }

  retry(network: string, { server, card: { identity } }: Elsewhere): void {
    this.#say({ say: 'retry', to: server, network, identity });
  }

  upgrade(network: string, { server, card: { identity } }: Elsewhere, order: UpgradeMessage): void {
    this.#say({ say: 'upgrade', to: server, network, identity, order });
  }

  close(): void {
    clearInterval(this.#beat);
    clearTimeout(this.#timer);
    this.#say({ say: 'bye' });
    this.#calls.close();
    this.#stop();
    this.#isClosed = true;
  }

  #say(...words: readonly Word[]): void {
    if (!this.#isClosed) this.#init.peers.say(words.map(formatWord));
  }

  #connected(): void {
    this.#since = performance.now();
    this.#others.missed();
    this.#say({ say: 'ask' });
    this.#pulse();
    for (const local of this.#locals.values()) {
      local.told(true);
      local.shaken();
    }
  }

  #pulse(): void {
    const gone = this.#others.prune(performance.now());
    for (const server of gone) this.#calls.gone(server);
    if (gone.length > 0) this.#moved();
    this.#say({ say: 'beat', seq: this.#seq, servers: this.#init.servers() });
    this.#compareServers();
  }

  #compareServers(): void {
    const servers = this.servers.join(' ');
    if (servers === this.#servers) return;
    this.#servers = servers;
    this.#init.onServers();
  }

  #heard(from: string, text: string): void {
    const word = parseWord(text);
    if (!word || ('to' in word && word.to !== undefined && word.to !== this.#init.peers.self)) {
      return;
    }
    const isNew = !this.#others.ids.includes(from);
    if (this.#others.heard(from, word, performance.now()) === 'ask') this.#ask(from);
    if (isNew && this.#others.ids.includes(from)) {
      for (const local of this.#locals.values()) local.joined();
    }
    this.#compareServers();
    this.#answer(from, word);
  }

  #ask(from: string): void {
    const now = performance.now();
    if (now - (this.#asked.get(from) ?? Number.NEGATIVE_INFINITY) < askEvery) return;
    this.#asked.set(from, now);
    this.#say({ say: 'ask', to: from });
  }

  #answer(from: string, word: Word): void {
    if (word.say === 'ask') this.#tellAll(from);
    else if (word.say === 'here') this.#meet(word.here);
    else if (word.say === 'whole' && word.here) this.#meet(word.here);
    else if (word.say === 'whole') this.#moved();
    else if (word.say === 'bye') this.#left(from);
    else if (word.say === 'piece') this.#calls.heard(from, word);
    else if (word.say === 'carried')
      this.#locals
        .get(word.network)
        ?.carriedElsewhere(from, { first: word.first, bytes: word.bytes });
    else if (word.say === 'told') this.#locals.get(word.network)?.told(false);
    else if (word.say === 'shaken') this.#locals.get(word.network)?.shaken();
    else if (word.say === 'lives?') void this.#prove(from, word);
    else if (word.say === 'lives') this.#waiting.get(word.id)?.(word.lives);
    else if (word.say === 'clone')
      this.#locals.get(word.network)?.cloned(word.identity, word.clone);
    else if (word.say === 'retry') this.#locals.get(word.network)?.retry(word.identity);
    else if (word.say === 'upgrade')
      this.#locals.get(word.network)?.upgrade(word.identity, word.order);
  }

  async #prove(to: string, { id, network, identity, boot }: Ask): Promise<void> {
    const lives = (await this.#locals.get(network)?.lives(identity, boot)) ?? false;
    this.#say({ say: 'lives', to, id, lives });
  }

  #left(from: string): void {
    this.#calls.gone(from);
    this.#moved();
  }

  #moved(): void {
    for (const local of this.#locals.values()) local.moved();
  }

  #meet(here: Here): void {
    const { network, cards } = here;
    const local = this.#locals.get(network);
    if (!local) return;
    local.moved(here);
    for (const { identity } of cards) {
      const elsewhere = this.find(network, identity);
      if (elsewhere && local.card(identity)) local.met(elsewhere);
    }
  }

  #tell(): void {
    this.#timer = undefined;
    const words = [...this.#changed].flatMap(([network, identities]) =>
      parted(this.#hereOf(network, identities)),
    );
    this.#changed.clear();
    this.#say(...words.map((here): Word => ({ say: 'here', seq: ++this.#seq, here })));
  }

  #tellAll(to: string): void {
    const parts = [...this.#locals].flatMap(([network, { identities, seen }]) =>
      parted({ ...this.#hereOf(network, identities()), seen: seen() }),
    );
    const seq = this.#seq;
    const whole = { say: 'whole', to, seq, servers: this.#init.servers() } as const;
    this.#say(
      { ...whole, part: 'first' },
      ...parts.map((here): Word => ({ ...whole, part: 'next', here })),
      { ...whole, part: 'last' },
    );
    for (const network of this.#locals.keys()) this.carried(network);
  }

  #hereOf(network: string, identities: Iterable<string>): Here {
    const local = this.#locals.get(network);
    const cards: Card[] = [];
    const gone: string[] = [];
    for (const identity of identities) {
      const card = local?.card(identity);
      if (card) cards.push(shortened(card));
      else gone.push(identity);
    }
    return { network, cards, gone, revision: local?.revision() ?? 0 };
  }
}
