import { runProcess } from '#host';
import { Address, Prefix } from '#ip';

/** Of `ip -j address`, what is asked here. */
interface Device {
  readonly ifname: string;
  /** Ours say whose they are. */
  readonly ifalias?: string;
  readonly addr_info: readonly {
    readonly local: string;
    readonly prefixlen: number;
    readonly scope: string;
    readonly temporary?: boolean;
    readonly deprecated?: boolean;
  }[];
}

interface Route {
  readonly dst: string;
  readonly dev?: string;
}

/** What a machine has around it. */
export interface Surroundings {
  /** Its own addresses as others see them, those towards its default route first. */
  readonly addresses: readonly string[];
  /** What is routed somewhere already. */
  readonly used: readonly Prefix[];
}

const ask = async <T>(...words: readonly string[]): Promise<readonly T[]> =>
  JSON.parse((await runProcess(['ip', '-j', ...words])) || '[]') as readonly T[];

/** Looks at this machine's addresses and routes. @throws host/command-... */
export async function lookAround(): Promise<Surroundings> {
  // Without -d no alias is told.
  const devices = await ask<Device>('-d', 'address', 'show', 'up');
  const routes = [...(await ask<Route>('-4', 'route')), ...(await ask<Route>('-6', 'route'))];
  const leading = new Set(routes.filter(({ dst }) => dst === 'default').map(({ dev }) => dev));
  const foreign = devices.filter(({ ifalias }) => !ifalias?.startsWith('hawser:'));
  const ways = leading.size > 0 ? foreign.filter(({ ifname }) => leading.has(ifname)) : foreign;
  return {
    addresses: ways.flatMap(addressesOf).toSorted(byFamily),
    used: routes.flatMap(({ dst }) => prefixOf(dst) ?? []),
  };
}

const addressesOf = ({ addr_info: all }: Device): readonly string[] =>
  all
    .filter((one) => one.scope === 'global' && !one.temporary && !one.deprecated)
    .map(({ local }) => local);

const familyOf = (address: string): number => (address.includes(':') ? 6 : 4);
const byFamily = (a: string, b: string): number => familyOf(a) - familyOf(b);

/** `ip` leaves the length of a single address away. */
const prefixOf = (dst: string): Prefix | undefined => {
  const address = Address.tryParse(dst);
  return address ? Prefix.single(address) : Prefix.tryParse(dst);
};

/** The second bytes that are tried; the first few are what nobody uses by default. */
const candidates = [77, 78, 79, 87, 97, 107, 117, 127, 137, 147, 157, 167, 177, 187, 197, 207];

/** An overlay for 250 machines that hides nothing this machine reaches. */
export function freeOverlay(used: readonly Prefix[]): string {
  const prefixes = candidates.map((byte) => Prefix.parse(`10.${byte}.0.0/24`));
  const free = prefixes.find((prefix) => !used.some((other) => other.overlaps(prefix)));
  return String(free ?? Prefix.parse('100.77.0.0/24'));
}
