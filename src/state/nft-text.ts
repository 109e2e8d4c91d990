import { AddressRange } from '#ip';
import type { NftChain, NftMatch, NftRule } from './schema.ts';

/** Names as in /etc/protocols, which a small machine may lack. */
const protocols: Readonly<Record<string, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  58: 'ipv6-icmp',
  132: 'sctp',
  icmpv6: 'ipv6-icmp',
};

const quoted = (text: string): string => (/^[@"]/.test(text) ? text : `"${text}"`);

const writeRight = (left: string, right: string): string =>
  /^[io]ifname$/.test(left) ? quoted(right) : right;

function writeMatch({ left, op, right }: NftMatch): string {
  if (typeof right === 'string') return `${left} ${op} ${writeRight(left, right)}`;
  return `${left} ${op} { ${right.map((one) => writeRight(left, one)).join(', ')} }`;
}

/** A rule as nft(8) reads it, without its comment. */
export function writeRule(rule: NftRule): string {
  const words = rule.match.map(writeMatch);
  if (rule.counter !== undefined) words.push(`counter name "${rule.counter}"`);
  if (rule.set !== undefined) words.push(rule.set);
  if (rule.vmap) words.push(`${rule.vmap.left} vmap @${rule.vmap.map}`);
  if (rule.verdict !== undefined) words.push(rule.verdict);
  return words.join(' ');
}

/** A base chain's declaration; undefined for a chain that is only jumped to. */
export function writeHook({ hook }: NftChain): string | undefined {
  if (!hook) return undefined;
  return `type ${hook.type} hook ${hook.hook} priority ${hook.priority}; policy ${hook.policy};`;
}

function canonicalAddresses(text: string): string {
  const range = text.includes('-') ? AddressRange.tryParse(text) : undefined;
  const [prefix, ...more] = range?.prefixes() ?? [];
  const shown = prefix && more.length === 0 ? prefix.toString() : text;
  const single = shown.includes(':') ? '/128' : '/32';
  return shown.endsWith(single) ? shown.slice(0, -single.length) : shown;
}

function canonicalPart(text: string, type: string): string {
  if (type === 'ipv4_addr' || type === 'ipv6_addr') return canonicalAddresses(text);
  if (type === 'inet_proto') return protocols[text] ?? text;
  if (type === 'ifname') return text.replaceAll('"', '');
  return text;
}

/**
 * One spelling for each element of a set of that type (`ipv4_addr`, `inet_proto . inet_service`...):
 * single addresses bare, ranges that are prefixes as prefixes, protocols by name.
 */
export function canonicalElement(text: string, type: string): string {
  if (!type.includes(' . ')) return canonicalPart(text, type);
  const types = type.split(' . ');
  return text
    .split(' . ')
    .map((part, index) => canonicalPart(part, types[index] ?? ''))
    .join(' . ');
}
