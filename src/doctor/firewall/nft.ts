import type { Chain, Firewall, Hook, Match, Packet, Rule, Table, Truth, Verdict } from './model.ts';

/** Of `nft -j list ruleset` (libnftables-json(5)), what is asked for here. */
export interface NftRuleset {
  readonly nftables: readonly NftObject[];
}

interface NftObject {
  readonly table?: { readonly family: string; readonly name: string };
  readonly chain?: {
    readonly family: string;
    readonly table: string;
    readonly name: string;
    readonly type?: string;
    readonly hook?: string;
    readonly policy?: string;
  };
  readonly rule?: {
    readonly family: string;
    readonly table: string;
    readonly chain: string;
    readonly expr?: readonly Expression[];
  };
  readonly set?: NftSet;
  readonly map?: NftSet;
}

interface NftSet {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly elem?: readonly unknown[];
}

type Expression = Readonly<Record<string, unknown>>;
type Sets = ReadonlyMap<string, readonly unknown[]>;

const isObject = (value: unknown): value is Expression =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a packet has where an expression looks; undefined: not known. */
type Look = (packet: Packet) => string | number | undefined;

const nowhere: Look = () => undefined;

const metaLooks: Readonly<Record<string, Look>> = {
  iifname: ({ from }) => from,
  iif: ({ from }) => from,
  // For a packet to this machine there is no such device.
  oifname: ({ to }) => to ?? '',
  oif: ({ to }) => to ?? '',
  l4proto: ({ protocol }) => protocol,
  nfproto: ({ family }) => `ipv${family}`,
};

/** A field of a header that the packet does not have is none. */
function payloadLook(protocol: unknown, field: unknown): Look {
  if (protocol === 'udp' || protocol === 'tcp' || protocol === 'th') {
    return (packet) => {
      if (protocol !== 'th' && protocol !== packet.protocol) return '';
      return field === 'dport' ? packet.port : undefined;
    };
  }
  if ((protocol === 'ip' && field === 'protocol') || (protocol === 'ip6' && field === 'nexthdr')) {
    return (packet) => packet.protocol;
  }
  if (protocol === 'icmp' || protocol === 'icmpv6' || protocol === 'sctp') return () => '';
  return nowhere;
}

function lookOf(left: unknown): Look {
  if (!isObject(left)) return nowhere;
  if (isObject(left['meta'])) return metaLooks[String(left['meta']['key'])] ?? nowhere;
  if (isObject(left['payload'])) {
    return payloadLook(left['payload']['protocol'], left['payload']['field']);
  }
  // A packet that begins a flow is new, and nobody has changed where it goes.
  if (isObject(left['ct']) && left['ct']['key'] === 'state') return () => 'new';
  if (isObject(left['ct']) && left['ct']['key'] === 'status') return () => '';
  return nowhere;
}

const either = (truths: readonly Truth[]): Truth =>
  truths.includes('yes') ? 'yes' : truths.includes('maybe') ? 'maybe' : 'no';

const not = (truth: Truth): Truth => ({ yes: 'no', no: 'yes', maybe: 'maybe' })[truth] as Truth;

/** Protocols that nft may tell by number. */
const numbers: Readonly<Record<string, string>> = { 6: 'tcp', 17: 'udp' };

/** Whether a value is one of those that the right side of a match stands for. */
function among(value: string | number, right: unknown, sets: Sets): Truth {
  if (Array.isArray(right)) return either(right.map((one) => among(value, one, sets)));
  if (isObject(right)) return amongObject(value, right, sets);
  if (typeof right === 'string' && right.startsWith('@')) {
    const elements = sets.get(right.slice(1));
    return elements ? among(value, elements, sets) : 'maybe';
  }
  if (typeof right === 'string' && right.endsWith('*')) {
    return String(value).startsWith(right.slice(0, -1)) ? 'yes' : 'no';
  }
  const text = String(right);
  return text === String(value) || numbers[text] === value ? 'yes' : 'no';
}

function amongObject(value: string | number, right: Expression, sets: Sets): Truth {
  if (right['set'] !== undefined) return among(value, right['set'], sets);
  const { range, elem } = right;
  if (Array.isArray(range) && typeof value === 'number') {
    return value >= Number(range[0]) && value <= Number(range[1]) ? 'yes' : 'no';
  }
  if (isObject(elem)) return among(value, elem['val'], sets);
  return 'maybe';
}

function matchOf(match: Expression, sets: Sets): Match {
  const { op, left, right } = match;
  const look = lookOf(left);
  return (packet) => {
    const value = look(packet);
    if (value === undefined) return 'maybe';
    if (op === '==' || op === 'in') return among(value, right, sets);
    return op === '!=' ? not(among(value, right, sets)) : 'maybe';
  };
}

function verdictOf(expression: Expression): Verdict | undefined {
  for (const word of ['accept', 'drop', 'return'] as const) {
    if (word in expression) return { do: word };
  }
  if ('reject' in expression) return { do: 'drop' };
  // Whoever gets it, and whatever then becomes of it.
  if ('queue' in expression || 'tproxy' in expression) return { do: 'accept' };
  for (const word of ['jump', 'goto'] as const) {
    const target = expression[word];
    if (isObject(target)) return { do: word, chain: String(target['target']) };
  }
  return undefined;
}

/** A verdict map is a rule per element, tried in turn: at most one of them matches. */
function vmapRules(map: Expression, before: readonly Match[], sets: Sets): readonly Rule[] {
  const { key, data } = map;
  const elements =
    isObject(data) && Array.isArray(data['set'])
      ? (data['set'] as unknown[])
      : typeof data === 'string' && data.startsWith('@')
        ? (sets.get(data.slice(1)) ?? [])
        : [];
  return elements.flatMap((pair): readonly Rule[] => {
    if (!Array.isArray(pair) || !isObject(pair[1])) return [];
    const verdict = verdictOf(pair[1]);
    const match = matchOf({ op: '==', left: key, right: pair[0] as unknown }, sets);
    return verdict ? [{ matches: [...before, match], verdict }] : [];
  });
}

/** What may or may not be so, and is not ours to know: rates, sets of addresses, iptables' extensions. */
const uncertain: Match = () => 'maybe';
const harmless = new Set(['counter', 'log', 'comment', 'mangle', 'notrack', 'ct helper', 'meter']);

function rulesOf(expressions: readonly Expression[], sets: Sets): readonly Rule[] {
  const matches: Match[] = [];
  for (const expression of expressions) {
    const verdict = verdictOf(expression);
    if (verdict) return [{ matches, verdict }];
    const [name = ''] = Object.keys(expression);
    const body = expression[name];
    if (name === 'match' && isObject(body)) matches.push(matchOf(body, sets));
    else if (name === 'vmap' && isObject(body)) return vmapRules(body, matches, sets);
    else if (!harmless.has(name)) matches.push(uncertain);
  }
  return [];
}

const hooks: readonly string[] = ['prerouting', 'input', 'forward'] satisfies readonly Hook[];

function chainOf(chain: NonNullable<NftObject['chain']>, rules: readonly Rule[]): Chain {
  const { name, type, hook = '', policy } = chain;
  const isBase = type === 'filter' && hooks.includes(hook);
  return {
    name,
    rules,
    ...(isBase && {
      base: { hook: hook as Hook, policy: policy === 'drop' ? 'drop' : 'accept' },
    }),
  };
}

/** The rules that nft shows, table by table; those made by iptables' successor too. */
export function readNft({ nftables }: NftRuleset): Firewall {
  const tables = nftables.flatMap(({ table }) => table ?? []);
  return tables.map(({ family, name }): Table => {
    const isIn = (one: { readonly family: string; readonly table: string } | undefined): boolean =>
      one?.family === family && one.table === name;
    const sets = new Map(
      nftables.flatMap(({ set, map }) => {
        const one = set ?? map;
        return one && isIn(one) ? [[one.name, one.elem ?? []] as const] : [];
      }),
    );
    const rules = Map.groupBy(
      nftables.flatMap(({ rule }) => (rule && isIn(rule) ? rule : [])),
      ({ chain }) => chain,
    );
    const chains = nftables.flatMap(({ chain }) => (chain && isIn(chain) ? chain : []));
    const built = chains.map((chain) => {
      const own = (rules.get(chain.name) ?? []).flatMap(({ expr = [] }) => rulesOf(expr, sets));
      return [chain.name, chainOf(chain, own)] as const;
    });
    return { family, name, legacy: false, chains: new Map(built) };
  });
}
