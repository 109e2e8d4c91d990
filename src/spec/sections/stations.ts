import { Address, Prefix } from '#ip';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import { located, readTags, type Surroundings } from '../machine.ts';
import type { Located } from '../network.ts';
import { placeOf, type Text, textsOf } from '../origin.ts';
import { expandRange } from '../text/host-range.ts';
import { parseMac } from '../text/mac.ts';

type OneOrMany = string | readonly string[] | undefined;

/** The keys of a host that matter for a machine of a segment, and those that mean nothing there. */
export interface StationSource {
  readonly segment?: string | undefined;
  readonly address?: OneOrMany;
  readonly mac?: OneOrMany;
  readonly allow?: OneOrMany;
  readonly routes?: unknown;
  readonly tags?: OneOrMany;
  readonly was?: unknown;
  readonly ssh?: unknown;
}

/** A machine of a segment as the file has it; its segment is not looked up yet. */
export interface DraftStation extends Located {
  readonly name: string;
  readonly site: string;
  readonly segment: Text;
  readonly addresses: readonly { readonly address: Address; readonly at: Text }[];
  /** The file says no address: it is given one. */
  readonly isGiven: boolean;
  /** A member. */
  readonly isAlone: boolean;
  readonly mac: string;
  readonly allow: readonly { readonly prefix: Prefix; readonly at: Text }[];
  readonly tags: readonly string[];
}

/** What a plain host may say, and a machine of a segment not: no other site is behind a router for it. */
const unusable = ['routes', 'was', 'ssh'] as const;

/** Reads one entry of `hosts` that names a segment, and keeps its machines for the segments to check. */
export function readStations(
  at: Text,
  names: readonly string[],
  source: StationSource,
  around: Surroundings,
  draft: Draft,
): void {
  reportUnusable(at, source, draft);
  const macs = readMacs(at, names, source, draft);
  const allow = textsOf(source, 'allow').flatMap((text) => {
    const prefix = draft.parse(text, Prefix.parse);
    return prefix ? [{ prefix, at: text }] : [];
  });
  const texts = textsOf(source, 'address').map((text) => expandEach(at, names, text, draft));
  const isGiven = source.address === undefined;
  const tags = readTags(source, draft);
  const [segment] = textsOf(source, 'segment');
  if (!segment) return;
  for (const [index, name] of names.entries()) {
    draft.names.declare(name, 'station', at.place);
    const addresses = texts.flatMap((all) => readAddress(name, all[index], draft));
    const mac = macs[index] ?? '';
    const site = around.site ?? '';
    const station = { name, site, segment, addresses, isGiven, mac, allow, tags, isAlone: false };
    draft.stations.push({ ...station, ...located(source, at.place) });
  }
}

function readAddress(name: string, at: Text | undefined, draft: Draft): DraftStation['addresses'] {
  const address = at && draft.parse(at, Address.parse);
  if (!address) return [];
  draft.claimAddress(address.toString(), name, 'address', at.place);
  return [{ address, at }];
}

/** One MAC address for each name, from a list or a range of them. */
function readMacs(
  at: Text,
  names: readonly string[],
  source: StationSource,
  draft: Draft,
): readonly string[] {
  const written = textsOf(source, 'mac');
  if (written.length === 0) {
    const args = { what: `\`${at.text}\``, key: 'mac', example: '"fa:16:3e:8b:c4:6a"' };
    draft.report(errors.diagnostic('spec/missing-key', args, { place: at.place }));
    return [];
  }
  const all = written.flatMap(({ text, place }) =>
    (draft.parse({ text, place }, expandRange) ?? []).map((one) => ({ text: one, place })),
  );
  const place = placeOf(source, 'mac');
  if (all.length !== names.length) {
    const args = { name: at.text, names: names.length, macs: all.length };
    draft.report(errors.diagnostic('spec/mac-count', args, { place }));
    return [];
  }
  return all.map((one, index) => {
    const mac = draft.parse(one, parseMac);
    if (mac !== undefined) draft.claimMac(mac, names[index] ?? '', one.place);
    return mac ?? '';
  });
}

function reportUnusable(at: Text, source: StationSource, draft: Draft): void {
  for (const key of unusable) {
    if (source[key] === undefined) continue;
    const args = { key, name: at.text, segment: source.segment ?? '' };
    draft.report(errors.diagnostic('spec/not-in-a-segment', args, { place: placeOf(source, key) }));
  }
}

/** One address for each name; none where the sides differ in length. */
export function expandEach(
  at: Text,
  names: readonly string[],
  address: Text,
  draft: Draft,
): readonly Text[] {
  const texts = draft.parse(address, expandRange);
  if (!texts || names.length === 0) return [];
  if (texts.length === names.length) return texts.map((text) => ({ text, place: address.place }));
  const { place, text } = address;
  const args = { name: at.text, names: names.length, address: text, addresses: texts.length };
  draft.report(errors.diagnostic('spec/range-lengths', args, { place, text }));
  return [];
}
