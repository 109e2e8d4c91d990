import { by, formatPlace, type Place } from '#base';
import { Address, type AddressRange, type Prefix } from '#ip';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import type { SegmentSite, Station } from '../network.ts';
import type { Text } from '../origin.ts';
import { edgesOf } from './edges.ts';

/** A pool and where it was written. */
interface Written {
  readonly range: AddressRange;
  readonly at: Text;
}

/** An address or a range, and where it was written. */
interface Found {
  readonly is: Address | AddressRange;
  readonly at: Text;
}

interface Taken {
  readonly range: AddressRange;
  /** Whose it is, as a message calls them. */
  readonly of: string;
  readonly place: Place;
}

interface Reserved {
  readonly address: Address;
  /** What a message calls it. */
  readonly what: string;
}

/** Who has which addresses of one segment; reports what does not fit. */
export class Layout {
  readonly #segment: string;
  readonly #subnets: readonly Prefix[];
  readonly #draft: Draft;
  readonly #reserved: Reserved[] = [];
  readonly #routers: Address[] = [];
  readonly #pools: Taken[] = [];

  constructor(segment: string, subnets: readonly Prefix[], draft: Draft) {
    this.#segment = segment;
    this.#subnets = subnets;
    this.#draft = draft;
    for (const subnet of subnets) this.#reserved.push(...edgesOf(subnet));
  }

  /** Addresses that are no machine's of a pool, one per family: its router's, the DHCP server's of a site. */
  reserve(
    texts: readonly Text[],
    what: 'router' | 'DHCP server',
    site?: string,
  ): readonly Address[] {
    const whose = site === undefined ? `its ${what}` : `the ${what} of site \`${site}\``;
    const found = texts.flatMap((at) => {
      const is = this.#reserveOne(at, what, whose);
      return is ? [{ is, at }] : [];
    });
    this.#checkFamilies(`the ${what} of segment \`${this.#segment}\``, found);
    return found.map(({ is }) => is);
  }

  #reserveOne(at: Text, what: string, whose: string): Address | undefined {
    const address = this.#draft.parse(at, Address.parse);
    if (!address) return undefined;
    const subnet = this.#subnetOf(address, at, `the ${what} ${at.text}`);
    if (subnet) this.#checkEdges(address, subnet, at);
    if (what === 'router') this.#routers.push(address);
    if (what !== 'router' || !this.#isStation(address)) {
      this.#draft.claimAddress(address.toString(), this.#segment, what, at.place);
    }
    this.#reserved.push({ address, what: `${whose}, ${address}` });
    return address;
  }

  /** Whether it is one that no machine has; reported. */
  #checkEdges(address: Address, subnet: Prefix, at: Text): boolean {
    const edge = edgesOf(subnet).find((one) => one.address.equals(address));
    if (!edge) return false;
    const args = { address: at.text, what: edge.kind, subnet: String(subnet) };
    this.#report(errors.diagnostic('spec/not-a-host-address', args, where(at)));
    return true;
  }

  /** A router may stand among the machines, so that those at other sites find it. */
  #isStation(address: Address): boolean {
    return this.#draft.stations.some(
      ({ segment, addresses }) =>
        segment.text === this.#segment && addresses.some((one) => one.address.equals(address)),
    );
  }

  /**
   * The pools of a site, or of all members: inside the subnets, one per family, without what is reserved, nobody
   * else's. One outside is reported and left out, as the machines in it are not what is wrong.
   */
  claimPools(site: string | undefined, pools: readonly Written[]): readonly AddressRange[] {
    const of = site === undefined ? 'its members' : `site \`${site}\``;
    const inside = pools.filter(({ range, at }) =>
      this.#subnetOf(range, at, `the pool ${at.text}`),
    );
    for (const { range, at } of inside) {
      this.#checkReserved(range, at);
      const other = this.#pools.find((taken) => taken.range.overlaps(range));
      if (other) {
        const args = { pool: at.text, other: String(other.range), of: other.of };
        const first = formatPlace(other.place);
        this.#report(errors.diagnostic('spec/pools-overlap', { ...args, first }, where(at)));
      }
      this.#pools.push({ range, of, place: at.place });
    }
    const found = pools.map(({ range, at }) => ({ is: range, at }));
    this.#checkFamilies(`the pool of ${of}`, found);
    return inside.map(({ range }) => range).sort((a, b) => a.compare(b));
  }

  #checkReserved(range: AddressRange, at: Text): void {
    for (const { address, what } of this.#reserved) {
      if (!range.contains(address)) continue;
      const args = { pool: at.text, what, segment: this.#segment };
      this.#report(errors.diagnostic('spec/pool-holds', args, where(at)));
    }
  }

  /** Those machines whose site the segment reaches, each with its addresses in the pool of its site. */
  settle(sites: readonly SegmentSite[], stations: Draft['stations']): readonly Station[] {
    return stations
      .map(({ segment, addresses, allow, isAlone, ...station }): Station => {
        const here = sites.find(({ site }) => site === station.site);
        if (here) {
          if (station.isGiven && !isAlone) this.#checkGiven(station, here);
          for (const one of addresses) this.#checkPool(station.name, here, one);
        } else {
          const args = { segment: segment.text, site: station.site };
          this.#report(errors.diagnostic('spec/segment-not-there', args, where(segment)));
        }
        const found = addresses.map(({ address, at }) => ({ is: address, at }));
        this.#checkFamilies(`machine \`${station.name}\``, found);
        for (const one of allow) this.#checkAllowed(station.name, one);
        const all = addresses.map(({ address }) => address);
        return {
          ...station,
          addresses: all.sort((a, b) => a.compare(b)),
          allow: allow.map(({ prefix }) => prefix).sort((a, b) => a.compare(b)),
        };
      })
      .sort(by(({ name }) => name));
  }

  /** Whom we give an address, nobody else gives another. */
  #checkGiven(
    { name, place }: { readonly name: string; readonly place: Place },
    here: SegmentSite,
  ): void {
    if (here.dhcp.by !== 'cloud') return;
    const args = { name, site: here.site, segment: this.#segment };
    this.#report(errors.diagnostic('spec/address-by-cloud', args, { place }));
  }

  #checkAllowed(name: string, { prefix, at }: Draft['stations'][number]['allow'][number]): void {
    const subnet = this.#subnets.find((one) => one.overlaps(prefix));
    if (!subnet) return;
    const args = { name, allow: at.text, segment: this.#segment, subnet: String(subnet) };
    this.#report(errors.diagnostic('spec/allow-in-segment', args, where(at)));
  }

  #checkPool(
    name: string,
    { site, pools }: SegmentSite,
    { address, at }: { readonly address: Address; readonly at: Text },
  ): void {
    if (pools.length === 0 || pools.some((pool) => pool.contains(address))) return;
    if (this.#routers.some((router) => router.equals(address))) return;
    const subnet = this.#subnetOf(address, at, `${at.text} of \`${name}\``);
    if (!subnet || this.#checkEdges(address, subnet, at)) return;
    if (this.#reserved.some((one) => one.address.equals(address))) return; // told as had twice
    const args = { address: at.text, name, site, pools: pools.join(', '), segment: this.#segment };
    this.#report(errors.diagnostic('spec/outside-pool', args, where(at)));
  }

  /** One per family; the same twice is told elsewhere. */
  #checkFamilies(called: string, all: readonly Found[]): void {
    for (const [index, { is, at }] of all.entries()) {
      const first = all.slice(0, index).find((other) => other.is.family === is.family);
      if (!first || String(first.is) === String(is)) continue;
      const args = { what: called, family: is.family, first: first.at.text, other: at.text };
      this.#report(errors.diagnostic('spec/two-of-a-family', args, where(at)));
      return;
    }
  }

  #subnetOf(what: Address | AddressRange, at: Text, called: string): Prefix | undefined {
    const subnet = this.#subnets.find((one) => one.contains(what));
    if (subnet || this.#subnets.length === 0) return subnet;
    const args = { what: called, segment: this.#segment, subnets: this.#subnets.join(', ') };
    this.#report(errors.diagnostic('spec/outside-segment', args, where(at)));
    return undefined;
  }

  get #report(): Draft['report'] {
    return this.#draft.report;
  }
}

const where = ({ text, place }: Text) => ({ text, place });
