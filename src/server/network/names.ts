import { isGatewayOnly, type Model, machinesOf } from '#compile';
import { formatEndpoint } from '#ip';

/** What everybody asks of a machine of the file, as plain data. */
export interface NamedMachine {
  readonly name: string;
  readonly managed: boolean;
  /** The site that it is of. */
  readonly site?: string;
  /** It carries a hub of the topology. */
  readonly isHub?: true;
  /** Nothing behind it can be asked. */
  readonly isGatewayOnly?: true;
  /** The name that it had before. */
  readonly was?: string;
  /** Where the file says that its WireGuard is reached. */
  readonly endpoint?: string;
  readonly overlay: readonly string[];
  /** When it is cut off, RFC 3339; why it is. */
  readonly expires?: string;
  readonly revoked?: 'revoked' | 'expired';
  /** Whose it is. */
  readonly person?: string;
  /** By the file or as it said last: WireGuard public keys by lane, and the MTU towards its peers. */
  readonly keys?: Readonly<Record<string, string>>;
  /** The lane of its usual tunnel, where that is not 0. */
  readonly home?: number;
  readonly mtu?: number;
}

/** What makes the names of one network into those of another. */
export interface NamesEdit {
  readonly put: readonly NamedMachine[];
  readonly drop: readonly string[];
}

/** Every machine of the file that has a state, sorted by name; each with the text by which it is compared. */
export type Names = ReadonlyMap<string, { readonly machine: NamedMachine; readonly text: string }>;

export const namesOf = (model: Model): Names =>
  new Map(
    machinesOf(model).map((name) => {
      const machine = namedMachine(model, name);
      return [name, { machine, text: JSON.stringify(machine) }];
    }),
  );

type Node = Model['nodes'][number];

const isHub = ({ topology }: Model['network'], node: Node | undefined): boolean =>
  node?.isCarrier === true && topology.kind === 'hub' && topology.hubs.includes(node.unit.name);

function namedMachine(
  { network, nodesByName, hostsByName, inputs }: Model,
  name: string,
): NamedMachine {
  const node = nodesByName.get(name);
  const {
    was,
    endpoint,
    managed = true,
  } = node?.machine ?? {
    was: hostsByName.get(name)?.was,
    endpoint: undefined,
  };
  const { observations } = inputs;
  const known = keysOf(inputs.keys[name], node);
  const site = node ? node.machine.site : hostsByName.get(name)?.site;
  return {
    name,
    managed,
    ...(site !== undefined && { site }),
    ...(isHub(network, node) && { isHub: true as const }),
    ...(node && isGatewayOnly(node) && { isGatewayOnly: true as const }),
    overlay: (node?.overlay ?? []).map(String),
    ...(was !== undefined && { was }),
    ...(node?.machine.expires !== undefined && { expires: node.machine.expires }),
    ...(node?.machine.person !== undefined && { person: node.machine.person }),
    ...(node?.isRevoked && { revoked: inputs.revoked?.[name]?.why ?? 'revoked' }),
    ...(endpoint && { endpoint: formatEndpoint(endpoint) }),
    ...(known && { keys: known }),
    ...(node && node.home !== 0 && { home: node.home }),
    ...(observations.mtu[name] !== undefined && { mtu: observations.mtu[name] }),
  };
}

/** The file's key of a machine stands where its usual tunnel has one. */
function keysOf(said: NamedMachine['keys'], node: Node | undefined): NamedMachine['keys'] {
  const publicKey = node?.machine.publicKey;
  return node && publicKey !== undefined ? { ...said, [node.home]: publicKey } : said;
}

/** What differs from one network to the next. */
export function namesBetween(before: Names, after: Names): NamesEdit {
  const put: NamedMachine[] = [];
  for (const [name, { machine, text }] of after) {
    if (before.get(name)?.text !== text) put.push(machine);
  }
  return { put, drop: [...before.keys()].filter((name) => !after.has(name)) };
}
