import { sightTable } from '#host';

/** What a line of a monitor says, as far as it may be our affair. */
export interface Heard {
  /** What the element is about that came or went: who writes elements alone knows them by it. */
  readonly element?: string;
}

/** Something other than an element changed. */
const something: Heard = {};

/** `add element bridge hawser-net far4 { 02:.. . 10.9.0.9 }`, `delete rule bridge hawser-net forward handle 3`. */
const ofNft =
  /^(?<verb>\w+) (?<kind>\w+) \w+ (?<table>\S+)(?: (?<name>\S+))?(?: \{ (?<element>\S+))?/;

/** `[ROUTE]Deleted 10.9.0.5 dev eth1 proto 143`, as `ip -o monitor label` says it. */
const ofIp = /^\[(?<kind>[A-Z]+)\](?:Deleted )?(?<rest>.*)$/;

/** An entry of a bridge is told as that of a neighbour, at times without an address. */
const ofFdb = / ?dev (?<device>\S+) lladdr (?<mac>\S+) .*NOARP/;

/** The eye of a segment fills and empties its own sets, and hooks its chain `port` whenever a link changes. */
const ofSight = (verb: string, kind: string, name: string): Heard | undefined =>
  verb === 'delete' && kind !== 'element' && name !== 'port' ? something : undefined;

function heardOfNft(line: string): Heard | undefined {
  const { verb = '', kind = '', table = '', name = '', element } = ofNft.exec(line)?.groups ?? {};
  if (!table.startsWith('hawser-')) return undefined;
  if (table === sightTable) return ofSight(verb, kind, name);
  return kind === 'element' && element !== undefined ? { element } : something;
}

/** The kernel's own routes go with addresses and links, which are told as well. */
function heardOfRoute(rest: string): Heard | undefined {
  if (rest.includes(' proto kernel')) return undefined;
  const prefix = rest.replace(/^(?:unreachable|blackhole|prohibit) /, '').split(' ')[0] ?? '';
  return { element: prefix };
}

function heardOfFdb(rest: string, vxlans: ReadonlySet<string>): Heard | undefined {
  const { device = '', mac = '' } = ofFdb.exec(rest)?.groups ?? {};
  return vxlans.has(device) ? { element: mac } : undefined;
}

/**
 * Reads a line that a monitor prints in a namespace of ours; undefined: none of our affair. Whom a bridge or the
 * kernel meets by itself is not, nor what others filter, nor the addresses of links, which nobody wishes.
 */
export function heardIn(line: string, vxlans: ReadonlySet<string>): Heard | undefined {
  const { kind, rest = '' } = ofIp.exec(line)?.groups ?? {};
  if (kind === undefined) return heardOfNft(line);
  if (kind === 'ROUTE') return heardOfRoute(rest);
  if (kind === 'NEIGH') return heardOfFdb(rest, vxlans);
  if (kind === 'ADDR') return / inet6 fe80:/.test(rest) ? undefined : something;
  return something;
}
