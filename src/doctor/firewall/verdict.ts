import {
  type Block,
  type Chain,
  type Firewall,
  type Hook,
  type Packet,
  type Rule,
  type Table,
  truthOf,
} from './model.ts';

/** Deeper than any chain calls another (NFT_JUMP_STACK_SIZE). */
const deepest = 16;

type Fate = 'accept' | 'return' | { readonly droppedIn: string };

/** What becomes of a packet in a chain, if all that is uncertain goes well for it. */
function walk(table: Table, chain: Chain | undefined, packet: Packet, depth = 0): Fate {
  if (!chain || depth > deepest) return 'accept';
  for (const rule of chain.rules) {
    const fate = fateOf(table, chain, rule, packet, depth);
    if (fate !== undefined) return fate;
  }
  return 'return';
}

/** Undefined: the packet goes on to the next rule. */
function fateOf(
  table: Table,
  chain: Chain,
  rule: Rule,
  packet: Packet,
  depth: number,
): Fate | undefined {
  const truth = truthOf(rule, packet);
  const { verdict } = rule;
  if (truth === 'no' || !verdict) return undefined;
  if ('chain' in verdict) {
    const inner = walk(table, table.chains.get(verdict.chain), packet, depth + 1);
    return afterCall(inner, truth === 'yes', verdict.do === 'goto');
  }
  if (verdict.do === 'accept') return 'accept';
  if (truth === 'maybe') return undefined;
  return verdict.do === 'drop' ? { droppedIn: chain.name } : 'return';
}

/** What a chain that was called makes of the packet; where the call is uncertain only what is good for it. */
function afterCall(inner: Fate, surely: boolean, goto: boolean): Fate | undefined {
  if (inner === 'accept') return 'accept';
  if (!surely) return undefined;
  if (inner !== 'return') return inner;
  return goto ? 'return' : undefined;
}

const families = { 4: ['ip', 'inet'], 6: ['ip6', 'inet'] } as const;

/** What is ours says what the policy says, by addresses that are not known here. */
const isOurs = ({ name }: Table): boolean => name.startsWith('hawser-');

/** The chains that a packet passes: each of them must let it. */
function hooksOf(packet: Packet): readonly Hook[] {
  return ['prerouting', packet.to === undefined ? 'input' : 'forward'];
}

/** Where a packet is surely dropped, whatever is not known of it; undefined if it may pass. */
export function blockOf(firewall: Firewall, packet: Packet): Block | undefined {
  const hooks = hooksOf(packet);
  const own = firewall.filter(
    (table) => !isOurs(table) && families[packet.family].some((name) => name === table.family),
  );
  for (const table of own) {
    for (const chain of table.chains.values()) {
      if (!chain.base || !hooks.includes(chain.base.hook)) continue;
      const fate = walk(table, chain, packet);
      if (typeof fate === 'object') return { table, chain: fate.droppedIn, byPolicy: false };
      if (fate === 'return' && chain.base.policy === 'drop') {
        return { table, chain: chain.name, byPolicy: true };
      }
    }
  }
  return undefined;
}
