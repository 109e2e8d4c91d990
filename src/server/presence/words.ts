import type { UpgradeMessage } from '#api';
import { longestWord } from '../store/peers.ts';
import type { Card } from './card.ts';

/** What changed among the connections of a network at one server. */
export interface Here {
  readonly network: string;
  readonly cards: readonly Card[];
  /** Identities that are not connected there any more. */
  readonly gone: readonly string[];
  /** Of machines that are not connected, when they were seen there last, ms since 1970. */
  readonly seen?: Readonly<Record<string, number>>;
  /** The revision that the server is at, once all parts before it are known. */
  readonly revision?: number;
}

/**
 * What servers of one store tell each other. `seq` counts the words of a server that others have to
 * know in a row; who missed one asks for the whole.
 */
export type Word =
  | { readonly say: 'beat'; readonly seq: number; readonly servers: readonly string[] }
  | { readonly say: 'here'; readonly seq: number; readonly here: Here }
  | { readonly say: 'ask'; readonly to?: string }
  | {
      readonly say: 'whole';
      readonly to: string;
      readonly seq: number;
      readonly servers: readonly string[];
      readonly here?: Here;
      readonly part: 'first' | 'next' | 'last';
    }
  | { readonly say: 'bye' }
  /** Of a question to one server, or of its answer, in base64: see `Calls`. */
  | {
      readonly say: 'piece';
      readonly to: string;
      readonly id: number;
      readonly of: 'question' | 'answer';
      readonly part: number;
      readonly last: boolean;
      readonly text: string;
    }
  /** What the tunnels of a network carried, by what this server was told: bytes from a step on, null for nothing. */
  | {
      readonly say: 'carried';
      readonly network: string;
      readonly first: number;
      readonly bytes: readonly (number | null)[];
    }
  /** In the store there is more that machines of a network told. */
  | { readonly say: 'told'; readonly network: string }
  /** In the store there are more handshakes of a network. */
  | { readonly say: 'shaken'; readonly network: string }
  | {
      readonly say: 'lives?';
      readonly to: string;
      readonly id: number;
      readonly network: string;
      readonly identity: string;
      readonly boot: string;
    }
  | { readonly say: 'lives'; readonly to: string; readonly id: number; readonly lives: boolean }
  | {
      readonly say: 'clone';
      readonly to: string;
      readonly network: string;
      readonly identity: string;
      readonly clone: string;
    }
  | {
      readonly say: 'retry';
      readonly to: string;
      readonly network: string;
      readonly identity: string;
    }
  | {
      readonly say: 'upgrade';
      readonly to: string;
      readonly network: string;
      readonly identity: string;
      readonly order: UpgradeMessage;
    };

/** Servers of another version may say what this one does not know: that is passed over. */
const version = 1;

export const formatWord = (word: Word): string => JSON.stringify({ v: version, ...word });

export function parseWord(text: string): Word | undefined {
  try {
    const value = JSON.parse(text) as (Word & { readonly v: number }) | null;
    return value?.v === version ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Bytes that a word needs besides its cards. */
const frame = 600;

type Seen = readonly [identity: string, at: number];

/** The same in parts, each of which fits into a word; the revision comes with the last. */
export function parted({ network, cards, gone, seen = {}, revision }: Here): readonly Here[] {
  const parts: { network: string; cards: Card[]; gone: string[]; seen: Seen[] }[] = [];
  let room = 0;
  const partFor = (item: unknown) => {
    const bytes = Buffer.byteLength(JSON.stringify(item)) + 1;
    const last = parts.at(-1);
    if (last && bytes <= room) {
      room -= bytes;
      return last;
    }
    const part = { network, cards: [], gone: [], seen: [] };
    parts.push(part);
    room = longestWord - frame - bytes;
    return part;
  };
  for (const identity of gone) partFor(identity).gone.push(identity);
  for (const one of Object.entries(seen)) partFor(one).seen.push(one);
  for (const card of cards) partFor(card).cards.push(card);
  const last = parts.pop() ?? { network, cards: [], gone: [], seen: [] };
  const finished = parts.map(withSeen);
  return [...finished, { ...withSeen(last), ...(revision !== undefined && { revision }) }];
}

/** Mostly nobody was seen who is not there. */
const withSeen = ({ seen, ...part }: Omit<Here, 'seen'> & { readonly seen: readonly Seen[] }) => ({
  ...part,
  ...(seen.length > 0 && { seen: Object.fromEntries(seen) }),
});
