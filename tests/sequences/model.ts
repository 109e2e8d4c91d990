/**
 * What a network should do, in the plainest words: a model to hold the real thing against. It knows two
 * sites with a gateway each and members that come and go, nothing of WireGuard, and nothing of Hawser but
 * what its documents promise.
 */

export type Gateway = 'g1' | 'g2';
export type Member = 'm1' | 'm2';
export type Who = Gateway | Member;
export type Site = 'one' | 'two';

export const gateways = { g1: 'one', g2: 'two' } as const satisfies Record<Gateway, Site>;
export const everybody: readonly Who[] = ['g1', 'g2', 'm1', 'm2'];
export const isGateway = (who: Who): who is Gateway => who in gateways;

/** Subnets that a site may have, the first always; its gateway has the first address of each. */
export const subnetsOf = {
  one: ['192.168.11.0/24', '192.168.12.0/24'],
  two: ['192.168.21.0/24', '192.168.22.0/24'],
} as const satisfies Record<Site, readonly string[]>;

export const ports = { web: 5001, data: 5002 } as const;
export type Port = keyof typeof ports;

/** Who may talk to whom: all; members to site one only; all to the web, and site one to everything. */
export type Policy = 'open' | 'people' | 'web';

export interface Membership {
  readonly name: string;
  /** The name before, in the file that changes it. */
  readonly was?: string;
  /** Counts the joins of a machine: after each it may have another address. */
  readonly life: number;
}

/** What the network's file says. */
export interface File {
  readonly topology: 'mesh' | 'star';
  readonly policy: Policy;
  /** Whether a site has its second subnet. */
  readonly second: Readonly<Record<Site, boolean>>;
  readonly members: Readonly<Partial<Record<Member, Membership>>>;
}

/** What a server remembers, and a backup holds. */
export interface Memory {
  readonly file: File;
  /** Machines that a person removed, or that left. */
  readonly banished: readonly Member[];
}

export interface Machine {
  /** Whether an agent is to be there, and runs. */
  readonly agent: 'none' | 'runs' | 'dead';
  /** Whether its cable is out. */
  readonly cut: boolean;
  /** The file by which it was made what it is. */
  readonly holds?: File;
  /**
   * What it may have become since: what a server says while a cable is out is under way, and arrives when it
   * is in again, whatever has become of the server. `gone`: that it was removed.
   */
  readonly mayHold?: readonly (File | 'gone')[];
}

export interface Model {
  readonly server: 'runs' | 'dead';
  /** Whether the server's cable is out. */
  readonly serverCut: boolean;
  readonly memory: Memory;
  readonly backup?: Memory;
  readonly machines: Readonly<Record<Who, Machine>>;
  readonly lives: number;
}

export const names = ['ada', 'ben', 'cyd', 'dot', 'eve'] as const;

export const firstFile: File = {
  topology: 'mesh',
  policy: 'open',
  second: { one: false, two: false },
  members: {},
};

/** At the beginning the gateways have joined. */
export const beginning = (): Model => {
  const gateway: Machine = { agent: 'runs', cut: false, holds: firstFile };
  const stranger: Machine = { agent: 'none', cut: false };
  return {
    server: 'runs',
    serverCut: false,
    memory: { file: firstFile, banished: [] },
    machines: { g1: gateway, g2: gateway, m1: stranger, m2: stranger },
    lives: 0,
  };
};

/** What a machine is called; members go by the name that the file gives them. */
export const nameOf = (who: Who, file: File): string | undefined =>
  isGateway(who) ? who : file.members[who]?.name;

/** Whether a machine's agent and the server hear each other. */
export const isInTouch = (model: Model, who: Who): boolean => {
  const { agent, cut } = model.machines[who];
  return agent === 'runs' && !cut && model.server === 'runs' && !model.serverCut;
};

/**
 * Who can hear the server has become what the file says; who was removed and hears of it has cleaned up;
 * whom the server does not know stays as it is.
 */
export function settled(model: Model): Model {
  const become = (who: Who): Machine => {
    const machine = model.machines[who];
    const news = newsFor(model, who);
    if (isInTouch(model, who)) return heard(machine, news);
    if (machine.agent !== 'runs' || machine.holds === undefined || news === undefined)
      return machine;
    if (model.server === 'dead') return machine;
    return { ...machine, mayHold: [...(machine.mayHold ?? []), news] };
  };
  const [g1, g2, m1, m2] = [become('g1'), become('g2'), become('m1'), become('m2')];
  return { ...model, machines: { g1, g2, m1, m2 } };
}

/** What the server has to say to a machine; nothing to one that it does not know. */
function newsFor({ memory: { file, banished } }: Model, who: Who): File | 'gone' | undefined {
  if (nameOf(who, file) !== undefined) return file;
  return !isGateway(who) && banished.includes(who) ? 'gone' : undefined;
}

function heard(machine: Machine, news: File | 'gone' | undefined): Machine {
  const { mayHold: _, ...rest } = machine;
  if (news === undefined) return machine;
  return news === 'gone' ? { agent: 'none', cut: machine.cut } : { ...rest, holds: news };
}

/** All that a machine may be now. */
const possible = ({ holds, mayHold = [] }: Machine): readonly (File | 'gone')[] => [
  holds ?? 'gone',
  ...mayHold,
];

/** Whether a machine surely is in the network, or surely is not; undefined: it may be either. */
export function isMember(machine: Machine): boolean | undefined {
  const all = possible(machine);
  if (all.every((one) => one === 'gone')) return false;
  return all.includes('gone') ? undefined : true;
}

export interface Flow {
  readonly from: Who;
  readonly to: Who;
  readonly port: Port;
  /** The subnet in which it is aimed at a gateway; undefined: at its address in the network. */
  readonly subnet?: string;
}

/** All that can be asked of these machines. */
export const flows = (): readonly Flow[] =>
  everybody.flatMap((from) =>
    everybody
      .filter((to) => to !== from)
      .flatMap((to) =>
        (['web', 'data'] as const).flatMap((port) => [
          { from, to, port },
          ...(isGateway(to)
            ? subnetsOf[gateways[to]].map((subnet) => ({ from, to, port, subnet }))
            : []),
        ]),
      ),
  );

/** The machine that a flow passes on its way: members meet at the first site, as all do in a star. */
function between(file: File, { from, to }: Flow): Who | undefined {
  if (from === 'g1' || to === 'g1') return undefined;
  const ofMembers = !isGateway(from) && !isGateway(to);
  return ofMembers || file.topology === 'star' ? 'g1' : undefined;
}

const isIn = (file: File, who: Who): boolean => nameOf(who, file) !== undefined;

const hasSubnet = (file: File, { to, subnet }: Flow): boolean =>
  subnet === undefined ||
  !isGateway(to) ||
  subnet === subnetsOf[gateways[to]][0] ||
  file.second[gateways[to]];

function isAllowed({ policy }: File, { from, to, port }: Flow): boolean {
  if (policy === 'open') return true;
  if (policy === 'people') return !isGateway(from) && to === 'g1';
  return port === 'web' || from === 'g1';
}

const passesBy = (file: File, flow: Flow): boolean =>
  isIn(file, flow.from) && isIn(file, flow.to) && hasSubnet(file, flow) && isAllowed(file, flow);

/** Whether two files give a flow's ends the same places and the same way. */
const isAlike = (a: File, b: File, flow: Flow): boolean =>
  between(a, flow) === between(b, flow) &&
  [flow.from, flow.to].every(
    (who) => isGateway(who) || a.members[who]?.life === b.members[who]?.life,
  );

/**
 * Whether a flow has to pass, must not pass, or may do either: where machines on its way are of different
 * files, only what all of these files say can be promised.
 */
export function fate(model: Model, flow: Flow): 'passes' | 'fails' | 'either' {
  const ways = new Set(
    [flow.from, flow.to].flatMap((who) =>
      possible(model.machines[who]).map((file) =>
        file === 'gone' ? undefined : between(file, flow),
      ),
    ),
  );
  const middles = [...ways].flatMap((who) => (who === undefined ? [] : [model.machines[who]]));
  const way = [model.machines[flow.from], model.machines[flow.to], ...middles];
  if (
    way.slice(0, 2).some(({ cut, ...machine }) => cut || isMember({ cut, ...machine }) === false)
  ) {
    return 'fails';
  }
  const files = way.flatMap(possible);
  const verdicts = new Set(files.map((file) => file !== 'gone' && passesBy(file, flow)));
  if (ways.size === 1 && middles.some(({ cut }) => cut)) return 'fails';
  if (verdicts.size === 1 && verdicts.has(false)) return 'fails';
  if (ways.size > 1 || verdicts.size > 1) return knowsNot(model, flow) ? 'fails' : 'either';
  const [first] = files;
  const alike = files.every(
    (one) => one !== 'gone' && first !== 'gone' && first && isAlike(one, first, flow),
  );
  return alike ? 'passes' : 'either';
}

/** Whether a machine on the way, whatever the others believe, has no peer for an end of the flow. */
function knowsNot({ machines }: Model, flow: Flow): boolean {
  const ends = [machines[flow.from], machines[flow.to]].flatMap(possible);
  const ways = new Set(ends.map((file) => (file === 'gone' ? undefined : between(file, flow))));
  if (ways.size !== 1) return false;
  const [middle] = ways;
  const keepers = middle === undefined ? [flow.from, flow.to] : [middle];
  return keepers.some((who) =>
    possible(machines[who]).every(
      (file) => file !== 'gone' && !(isIn(file, flow.from) && isIn(file, flow.to)),
    ),
  );
}

/** The file as its author would write it. */
export function yamlOf(file: File, network: string): string {
  const site = (name: Site, gateway: Gateway, endpoint: string): string => {
    const [first, second] = subnetsOf[name];
    const subnets = file.second[name] ? [first, second] : [first];
    const address = first.replace('.0/24', '.1');
    return `  ${name}:
    subnets: [${subnets.join(', ')}]
    gateways: { ${gateway}: { endpoint: "${endpoint}:51820", address: ${address} } }
`;
  };
  const members = Object.values(file.members).map(
    ({ name, was }) => `  ${name}: { tags: [people]${was === undefined ? '' : `, was: ${was}`} }\n`,
  );
  const policies: Readonly<Record<Policy, string>> = {
    open: '',
    people: 'policy:\n  - { from: "tag:people", to: "site:one" }\n',
    web: 'policy:\n  - { from: all, to: all, ports: tcp/5001 }\n  - { from: "site:one", to: all }\n',
  };
  return `version: 1
network: ${network}
overlay: 10.77.0.0/24
topology: ${file.topology === 'mesh' ? 'mesh' : '{ hub: [one] }'}
defaults: { keepalive: 1 }
sites:
${site('one', 'g1', '192.0.2.2')}${site('two', 'g2', '192.0.2.3')}members:${members.length === 0 ? ' {}' : ''}
${members.join('')}${policies[file.policy]}`;
}
