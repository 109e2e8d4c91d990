import type { Place } from '#base';
import { Address, formatEndpoint, type Prefix, parseEndpoint } from '#ip';
import type { Draft } from './draft.ts';
import { errors } from './errors.ts';
import type { Endpoint, Located, Machine, Nat, Presented, Ssh } from './network.ts';
import { type Loose, originOf, placeOf, type Text, textsOf } from './origin.ts';
import { readSsh, readSshHost } from './ssh.ts';

type OneOrMany = string | readonly string[] | undefined;

/** The fields that gateways, nodes and members share; each may be absent. */
export interface MachineSource {
  readonly endpoint?: string | undefined;
  readonly address?: OneOrMany;
  readonly overlay?: OneOrMany;
  readonly port?: number | undefined;
  readonly keepalive?: number | undefined;
  readonly interface?: string | undefined;
  readonly key?: string | undefined;
  readonly tags?: OneOrMany;
  readonly mtu?: number | undefined;
  readonly nat?: Nat | undefined;
  readonly was?: string | undefined;
  readonly ssh?: Loose<Ssh> | undefined;
}

/** Where a machine stands: its site's name and subnets; members have none. */
export interface Surroundings {
  readonly site?: string;
  readonly subnets: readonly Prefix[];
  /** The site gives subnets, and none could be read. */
  readonly unreadable?: boolean;
  readonly nat: Nat;
  readonly ssh: Ssh;
}

const same = <T>(value: T): Presented<T> => ({ local: value, presented: value });

export const located = (source: object, place: Place): Located => ({
  place,
  fields: originOf(source).fields,
});

/** What gateways, nodes and members have in common. */
export function readMachine(
  name: string,
  kind: Machine['kind'],
  source: MachineSource,
  place: Place,
  around: Surroundings,
  draft: Draft,
): Machine {
  draft.names.declare(name, kind, place);
  const { defaults } = draft;
  const endpoint = readEndpoint(name, source, draft);
  if (source.key !== undefined) draft.claimKey(source.key, name, placeOf(source, 'key'));
  checkMtu(name, source, around, draft);
  return {
    name,
    kind,
    ...(around.site !== undefined && { site: around.site }),
    ...(endpoint && { endpoint }),
    listenPort: source.port ?? defaults.port,
    interface: source.interface ?? defaults.interface,
    keepalive: source.keepalive ?? (endpoint ? 0 : defaults.keepalive),
    addresses: readSiteAddresses(name, textsOf(source, 'address'), around, draft),
    overlay: readOverlay(name, textsOf(source, 'overlay'), draft),
    pods: [],
    taps: [],
    managed: true,
    ...(source.key !== undefined && { publicKey: source.key }),
    tags: readTags(source, draft),
    ...readWas(source, kind, draft),
    ...(source.mtu !== undefined && { mtu: source.mtu }),
    nat: source.nat ?? around.nat,
    ssh: readMachineSsh(name, source, place, around, draft),
    ...located(source, place),
  };
}

function readMachineSsh(
  name: string,
  { ssh }: MachineSource,
  place: Place,
  around: Surroundings,
  draft: Draft,
): Ssh {
  const host = ssh?.host === undefined ? undefined : textsOf(ssh, 'host')[0];
  return { ...readSsh({ name, place, ssh }, around.ssh, draft), ...readSshHost(host, draft) };
}

function readEndpoint(name: string, source: MachineSource, draft: Draft): Endpoint | undefined {
  if (source.endpoint === undefined) return undefined;
  const place = placeOf(source, 'endpoint');
  const endpoint = draft.parse({ text: source.endpoint, place }, parseEndpoint);
  if (endpoint) draft.claimEndpoint(formatEndpoint(endpoint), name, place);
  return endpoint;
}

export function readTags(source: { readonly tags?: OneOrMany }, draft: Draft): readonly string[] {
  const tags = [...new Set(textsOf(source, 'tags').map(({ text }) => text))].sort();
  for (const tag of tags) draft.tags.add(tag);
  return tags;
}

export function readWas(
  source: { readonly was?: string | undefined },
  kind: Machine['kind'] | 'host',
  draft: Draft,
): { readonly was?: string } {
  if (source.was === undefined) return {};
  draft.names.declareFormer(source.was, kind, placeOf(source, 'was'));
  return { was: source.was };
}

/** Addresses on the site's own network: inside a subnet, one per family, nobody else's. */
export function readSiteAddresses(
  name: string,
  texts: readonly Text[],
  around: Surroundings,
  draft: Draft,
): readonly Presented<Address>[] {
  const addresses: Address[] = [];
  for (const at of texts) {
    const address = draft.parse(at, Address.parse);
    if (!address) continue;
    readInSite(name, address, at, around, draft);
    draft.claimAddress(address.toString(), name, 'address', at.place);
    const range = `IPv${address.family}`;
    checkAlone(
      name,
      address,
      addresses.find((one) => one.family === address.family),
      range,
      at,
      draft,
    );
    addresses.push(address);
  }
  return addresses.sort((a, b) => a.compare(b)).map(same);
}

/** Whether a site can have such an address; if not, it is reported. */
export function readInSite(
  name: string,
  address: Address,
  { text, place }: Text,
  { site = '', subnets, unreadable = false }: Surroundings,
  draft: Draft,
): boolean {
  const subnet = subnets.find((one) => one.contains(address));
  if (!subnet) {
    if (unreadable) return false;
    const known = subnets.length > 0 ? subnets.join(', ') : 'it has none';
    const args = { address: text, name, site, subnets: known };
    draft.report(errors.diagnostic('spec/outside-site', args, { place, text }));
    return false;
  }
  if (subnet.family !== 4 || subnet.length >= 31) return true;
  const what = edgeOf(subnet, address);
  if (what === undefined) return true;
  const args = { address: text, what, subnet: subnet.toString() };
  draft.report(errors.diagnostic('spec/not-a-host-address', args, { place, text }));
  return false;
}

/** RFC 1122 section 3.2.1.3: the first and last address of an IPv4 subnet are nobody's. */
function edgeOf(subnet: Prefix, address: Address): 'network' | 'broadcast' | undefined {
  if (address.equals(subnet.first)) return 'network';
  return address.equals(subnet.last) ? 'broadcast' : undefined;
}

/** Overlay addresses: inside the overlay, one per overlay range, nobody else's. */
function readOverlay(name: string, texts: readonly Text[], draft: Draft): readonly Address[] {
  const addresses: Address[] = [];
  for (const at of texts) {
    const address = draft.parse(at, Address.parse);
    if (!address) continue;
    const range = draft.overlay.find((one) => one.contains(address));
    if (range) {
      const other = addresses.find((one) => range.contains(one));
      checkAlone(name, address, other, range.toString(), at, draft);
    } else reportOutsideOverlay(name, at, draft);
    draft.claimAddress(address.toString(), name, 'overlay address', at.place);
    addresses.push(address);
  }
  return addresses.sort((a, b) => a.compare(b));
}

function reportOutsideOverlay(name: string, { text, place }: Text, draft: Draft): void {
  if (draft.overlay.length === 0) return; // its own error is reported already
  const args = { address: text, name, overlay: draft.overlay.join(', ') };
  draft.report(errors.diagnostic('spec/outside-overlay', args, { place, text }));
}

function checkAlone(
  name: string,
  address: Address,
  other: Address | undefined,
  range: string,
  { text, place }: Text,
  draft: Draft,
): void {
  if (!other || other.equals(address)) return; // an equal one is reported as a claim
  const args = { name, range, first: other.toString(), address: text };
  draft.report(errors.diagnostic('spec/two-addresses', args, { place, text }));
}

/** RFC 8200 section 5: IPv6 needs links of 1280 bytes. */
export const leastIpv6Mtu = 1280;

function checkMtu(name: string, source: MachineSource, around: Surroundings, draft: Draft): void {
  const ranges = [...around.subnets, ...draft.overlay];
  if (source.mtu !== undefined)
    reportSmallMtu(name, source.mtu, ranges, placeOf(source, 'mtu'), draft);
}

export function reportSmallMtu(
  name: string,
  mtu: number,
  ranges: readonly Prefix[],
  place: Place,
  draft: Draft,
): void {
  if (mtu >= leastIpv6Mtu || !ranges.some((range) => range.family === 6)) return;
  draft.report(errors.diagnostic('spec/small-mtu', { mtu, name }, { place, text: String(mtu) }));
}
