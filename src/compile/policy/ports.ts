import type { PolicyRule, Port } from '#spec';

/** Ports `first` to `last` are let through by a rule. */
export interface PortSpan {
  readonly first: number;
  readonly last: number;
  readonly rule: PolicyRule;
}

/** Which rule lets which port through, each port claimed by the first rule that names it. */
export interface PortTable {
  readonly tcp: readonly PortSpan[];
  readonly udp: readonly PortSpan[];
  readonly icmp: PolicyRule | undefined;
  /** Lets through what no earlier rule claimed. */
  readonly rest: PolicyRule | undefined;
}

/** The port table of some rules, in the policy's order. A rule after one without ports adds nothing. */
export function portTable(rules: readonly PolicyRule[]): PortTable {
  const end = rules.findIndex((rule) => rule.ports === undefined);
  const named = end < 0 ? rules : rules.slice(0, end);
  return {
    tcp: spansOf(named, 'tcp'),
    udp: spansOf(named, 'udp'),
    icmp: named.find((rule) => rule.ports?.some((port) => port.protocol === 'icmp')),
    rest: end < 0 ? undefined : rules[end],
  };
}

/** The rule that lets a port through; undefined: none. */
export function ruleForPort(table: PortTable, port: Port): PolicyRule | undefined {
  if (port.protocol === 'icmp') return table.icmp ?? table.rest;
  const span = table[port.protocol].find((s) => s.first <= port.first && port.first <= s.last);
  return span?.rule ?? table.rest;
}

function spansOf(rules: readonly PolicyRule[], protocol: 'tcp' | 'udp'): readonly PortSpan[] {
  let claimed: PortSpan[] = [];
  for (const rule of rules) {
    for (const port of rule.ports ?? []) {
      if (port.protocol !== protocol) continue;
      const fresh = unclaimed(claimed, port.first, port.last).map((span) => ({ ...span, rule }));
      claimed = [...claimed, ...fresh].sort((a, b) => a.first - b.first);
    }
  }
  return joined(claimed);
}

function unclaimed(
  claimed: readonly PortSpan[],
  first: number,
  last: number,
): { first: number; last: number }[] {
  const free: { first: number; last: number }[] = [];
  let next = first;
  for (const span of claimed) {
    if (span.last < next) continue;
    if (span.first > last) break;
    if (span.first > next) free.push({ first: next, last: span.first - 1 });
    next = span.last + 1;
  }
  if (next <= last) free.push({ first: next, last });
  return free;
}

/** Neighbouring spans of one rule as one. */
function joined(spans: readonly PortSpan[]): readonly PortSpan[] {
  const out: PortSpan[] = [];
  for (const span of spans) {
    const previous = out.at(-1);
    if (previous && previous.rule === span.rule && previous.last + 1 === span.first) {
      out[out.length - 1] = { ...previous, last: span.last };
    } else out.push(span);
  }
  return out;
}
