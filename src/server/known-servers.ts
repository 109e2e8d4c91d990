import type { Logger } from 'pino';
import type { Store, Transaction } from './store/contract.ts';

export interface KnownServersInit {
  readonly store: Store;
  readonly clock: () => Date;
  readonly log: Logger;
  /** Where this server is reached. */
  readonly own: () => readonly string[];
  /** Where the others are that live. */
  readonly others: () => readonly string[];
  /** Whether a server is reached through the tunnels of a network only. */
  readonly isInside: (server: string) => boolean;
}

const setting = 'servers';
const day = 24 * 3600 * 1000;
/** A server is told of for so long after it was seen last, in milliseconds. */
const remembered = 30 * day;
/** More would be of no use: agents try them in turn. */
const most = 16;

/** When servers were seen last, RFC 3339, by where they are. */
type Seen = Readonly<Record<string, string>>;

/** Nobody is where somebody was: a backup comes to life elsewhere. */
export const forgetServers = (tx: Transaction): Promise<void> => tx.putSetting(setting, '{}');

/**
 * Where the servers of a store are: this one, those that live beside it, and those that are away for a
 * while, so that an agent that loses this one knows where to go. Those inside a network come last, and are
 * forgotten as soon as nobody says that he is there.
 */
export class KnownServers {
  readonly #init: KnownServersInit;
  #seen: Seen = {};

  constructor(init: KnownServersInit) {
    this.#init = init;
  }

  get list(): readonly string[] {
    const { own, others, isInside } = this.#init;
    const away = Object.keys(this.#seen).toSorted();
    const all = [...new Set([...own(), ...others(), ...away])];
    // Who has no tunnel yet, or none any more, needs the others.
    const [inside, outside] = [all.filter(isInside), all.filter((one) => !isInside(one))];
    return [...outside, ...inside].slice(0, most);
  }

  /** Keeps who is there now, where that is news. What cannot be kept is still told. */
  async note(): Promise<void> {
    const { store, log } = this.#init;
    try {
      const known = await store.read(async (tx) => seenIn(tx));
      this.#seen = this.#now(known);
      if (!isNews(known, this.#seen)) return;
      await store.write(async (tx) => {
        this.#seen = this.#now(await seenIn(tx));
        await tx.putSetting(setting, JSON.stringify(this.#seen));
      });
    } catch (error) {
      log.error({ err: error }, 'where the servers are could not be kept');
    }
  }

  #now(known: Seen): Seen {
    const { clock, own, others, isInside } = this.#init;
    const now = clock();
    const oldest = new Date(now.getTime() - remembered).toISOString();
    const recent = Object.entries(known).filter(([one, at]) => at > oldest && !isInside(one));
    const here = [...own(), ...others()].map((server) => [server, now.toISOString()] as const);
    return Object.fromEntries([...recent, ...here]);
  }
}

async function seenIn(tx: Transaction): Promise<Seen> {
  return JSON.parse((await tx.setting(setting)) ?? '{}') as Seen;
}

/** Whether there are others than before, or the same were noted long ago. */
function isNews(before: Seen, after: Seen): boolean {
  const names = Object.keys(after);
  return (
    names.length !== Object.keys(before).length ||
    names.some((name) => Date.parse(after[name] ?? '') - Date.parse(before[name] ?? '') >= day) ||
    names.some((name) => !(name in before))
  );
}
