import type { Chain, Firewall, Hook, Match, Packet, Rule, Table, Truth, Verdict } from './model.ts';

interface Draft {
  readonly name: string;
  readonly chains: Map<string, { policy: 'accept' | 'drop'; rules: Rule[]; builtIn: boolean }>;
}

const hooks: Readonly<Record<string, Hook>> = {
  PREROUTING: 'prerouting',
  INPUT: 'input',
  FORWARD: 'forward',
};

/** Words of a line; quotes hold words together. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');

const truth = (is: boolean): Truth => (is ? 'yes' : 'no');

/** `eth0`, or `br-+` for all that begin so. */
const sameDevice = (pattern: string, device: string): boolean =>
  pattern.endsWith('+') ? device.startsWith(pattern.slice(0, -1)) : pattern === device;

const device =
  (pattern: string, of: (packet: Packet) => string | undefined): Match =>
  (packet) => {
    const name = of(packet);
    return name === undefined ? 'maybe' : truth(sameDevice(pattern, name));
  };

/** `22`, `1024:65535`, or several with commas. */
const hasPort = (text: string, port: number): boolean =>
  text.split(',').some((one) => {
    const [from = '', to = from] = one.split(':');
    return port >= Number(from || 0) && port <= Number(to || 65_535);
  });

const numbers: Readonly<Record<string, string>> = { 6: 'tcp', 17: 'udp' };

/** Options with one argument whose meaning is known here. */
const readers: Readonly<Record<string, (text: string) => Match>> = {
  '-i': (text) => device(text, ({ from }) => from),
  '-o': (text) => device(text, ({ to }) => to ?? ''),
  '-p': (text) => (packet) =>
    truth(text === 'all' || text === packet.protocol || numbers[text] === packet.protocol),
  '--dport': (text) => (packet) => truth(hasPort(text, packet.port)),
  '--dports': (text) => (packet) => truth(hasPort(text, packet.port)),
  // A packet that begins a flow.
  '--ctstate': (text) => () => truth(text.split(',').includes('NEW')),
  '--state': (text) => () => truth(text.split(',').includes('NEW')),
};

/** Options without an argument that ask for nothing. */
const names = new Set(['-m', '--comment']);

const not =
  (match: Match): Match =>
  (packet) =>
    ({ yes: 'no', no: 'yes', maybe: 'maybe' })[match(packet)] as Truth;

const uncertain: Match = () => 'maybe';

const verdicts: Readonly<Record<string, Verdict>> = {
  ACCEPT: { do: 'accept' },
  DROP: { do: 'drop' },
  REJECT: { do: 'drop' },
  RETURN: { do: 'return' },
  QUEUE: { do: 'accept' },
  NFQUEUE: { do: 'accept' },
};

/** `-A CHAIN ... -j TARGET`, as iptables-save(8) writes it. */
function ruleOf(words: readonly string[], chains: Draft['chains']): Rule {
  const matches: Match[] = [];
  let verdict: Verdict | undefined;
  for (let at = 0; at < words.length; at++) {
    const inverted = words[at] === '!';
    if (inverted) at++;
    const word = words[at] ?? '';
    const argument = words[at + 1] ?? '';
    if (word === '-j' || word === '-g') {
      const chain = chains.has(argument) ? argument : undefined;
      const way = word === '-j' ? 'jump' : 'goto';
      verdict = chain === undefined ? verdicts[argument] : { do: way, chain };
      break; // what follows are the target's own options
    }
    const reader = readers[word];
    const match = names.has(word) ? undefined : (reader?.(argument) ?? uncertain);
    if (match) matches.push(inverted ? not(match) : match);
    if (reader || names.has(word)) at++;
  }
  return { matches, ...(verdict && { verdict }) };
}

function readChain(line: string, { chains }: Draft): void {
  const [name = '', policy = '-'] = line.slice(1).split(' ');
  const builtIn = policy !== '-';
  chains.set(name, { policy: policy === 'DROP' ? 'drop' : 'accept', rules: [], builtIn });
}

const chainOf = (
  name: string,
  { policy, rules, builtIn }: { policy: 'accept' | 'drop'; rules: Rule[]; builtIn: boolean },
): Chain => {
  const hook = hooks[name];
  return { name, rules, ...(builtIn && hook && { base: { hook, policy } }) };
};

/** What iptables-save(8) or ip6tables-save(8) prints; tables that change addresses are left out. */
export function readIptables(text: string, family: 'ip' | 'ip6', legacy: boolean): Firewall {
  const drafts: Draft[] = [];
  for (const line of text.split('\n')) {
    const draft = drafts.at(-1);
    if (line.startsWith('*')) drafts.push({ name: line.slice(1).trim(), chains: new Map() });
    else if (line.startsWith(':') && draft) readChain(line, draft);
    else if (line.startsWith('-A ') && draft) {
      const [, chain = '', ...words] = wordsOf(line);
      draft.chains.get(chain)?.rules.push(ruleOf(words, draft.chains));
    }
  }
  return drafts
    .filter(({ name }) => name !== 'nat')
    .map(({ name, chains }): Table => {
      const built = [...chains].map(([chain, body]) => [chain, chainOf(chain, body)] as const);
      return { family, name, legacy, chains: new Map(built) };
    });
}
