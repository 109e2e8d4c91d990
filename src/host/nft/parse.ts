import { hostErrors } from '../errors.ts';

/** A table as `nft -n list table` prints it. */
export interface ListedTable {
  readonly comment?: string;
  readonly counters: readonly string[];
  readonly sets: readonly ListedSet[];
  readonly chains: readonly ListedChain[];
}

export interface ListedSet {
  readonly name: string;
  readonly map: boolean;
  /** As in its declaration, without what a map leads to. */
  readonly type: string;
  readonly interval: boolean;
  /** Each with the verdict it leads to. */
  readonly elements: readonly (readonly [string, string | undefined])[];
}

export interface ListedChain {
  readonly name: string;
  readonly hook?: string;
  readonly rules: readonly ListedRule[];
}

export interface ListedRule {
  readonly text: string;
  readonly comment?: string;
}

interface Block {
  readonly kind: string;
  readonly name: string;
  readonly lines: string[];
}

/** Blocks stand one tab deep; what they hold, deeper. */
function readBlocks(text: string): { comment: string | undefined; blocks: Block[] } {
  const blocks: Block[] = [];
  let comment: string | undefined;
  let open: Block | undefined;
  for (const line of text.split('\n').slice(1)) {
    if (open && line === '\t}') open = undefined;
    else if (open) open.lines.push(line.trim());
    else if (line.startsWith('\tcomment "')) comment = line.slice(10, -1);
    else if (/^\t\S.* \{$/.test(line)) {
      const [kind = '', name = ''] = line.trim().split(' ');
      open = { kind, name, lines: [] };
      blocks.push(open);
    }
  }
  return { comment, blocks };
}

/** `a, b : jump c` without what others may have hung on it. */
function readElement(text: string): readonly [string, string | undefined] {
  const plain = text.replace(/ (?:counter|timeout|expires|comment) [^:]*/, '');
  const [element = '', verdict] = plain.split(' : ');
  return [element.trim(), verdict?.trim()];
}

function readSet({ kind, name, lines }: Block): ListedSet {
  const line = (start: string): string => lines.find((one) => one.startsWith(start)) ?? '';
  const [type = ''] = line('type ').slice(5).split(' : ');
  const body = lines.join(' ');
  const at = body.indexOf('elements = {');
  const inside = at < 0 ? '' : body.slice(at + 12, body.lastIndexOf('}'));
  const elements = inside.trim() === '' ? [] : inside.split(',').map(readElement);
  const interval = line('flags ').includes('interval');
  return { name, map: kind === 'map', type, interval, elements };
}

function readRule(line: string): ListedRule {
  const found = / comment "([^"]*)"$/.exec(line);
  if (!found) return { text: line };
  return { text: line.slice(0, found.index), comment: found[1] ?? '' };
}

function readChain({ name, lines }: Block): ListedChain {
  const [first = ''] = lines;
  const hook = first.startsWith('type ') ? first : undefined;
  const rules = (hook === undefined ? lines : lines.slice(1)).filter((line) => line !== '');
  return { name, ...(hook !== undefined && { hook }), rules: rules.map(readRule) };
}

/** Reads what `nft -n list table F N` prints. @throws host/unreadable */
export function parseTable(text: string): ListedTable {
  if (!/^table \S+ \S+ \{/.test(text)) {
    throw hostErrors.error('host/unreadable', { program: 'nft', detail: text.slice(0, 80) });
  }
  const { comment, blocks } = readBlocks(text);
  const of = (...kinds: readonly string[]): Block[] =>
    blocks.filter(({ kind }) => kinds.includes(kind));
  return {
    ...(comment !== undefined && { comment }),
    counters: of('counter').map(({ name }) => name),
    sets: of('set', 'map').map(readSet),
    chains: of('chain').map(readChain),
  };
}
