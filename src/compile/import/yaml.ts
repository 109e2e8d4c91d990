import { parseEndpoint } from '#ip';
import type { Draft, DraftMachine, DraftSite, Field, Remark, Value } from './draft.ts';

/** A remark with the line of the new file where it stands. */
export interface Placed {
  readonly kind: 'assumed' | 'question';
  readonly text: string;
  readonly line: number;
}

/** What YAML, of any version, reads as something else than text. */
const words = new Set(['true', 'false', 'null', 'yes', 'no', 'on', 'off', 'y', 'n']);

const isPlain = (text: string): boolean =>
  (/^[a-z][a-z0-9_-]*$/i.test(text) && !words.has(text.toLowerCase())) ||
  /^\d+\.\d+\.\d+\.\d+(?:\/\d+)?$/.test(text) ||
  isPlainEndpoint(text);

function isPlainEndpoint(text: string): boolean {
  if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)+:\d+$/i.test(text)) return false;
  return parseEndpoint(text).port > 0;
}

const scalar = (value: string | number | boolean): string =>
  typeof value !== 'string' || isPlain(value) ? String(value) : JSON.stringify(value);

/** In flow style, which stays on its line. */
function valueText(value: Value): string {
  if (typeof value !== 'object') return scalar(value);
  if (isList(value)) return `[${value.map(valueText).join(', ')}]`;
  const entries = Object.entries(value).map(([key, one]) => `${key}: ${valueText(one)}`);
  return `{ ${entries.join(', ')} }`;
}

const isList = (value: object): value is readonly Value[] => Array.isArray(value);

const heading: Readonly<Record<Remark['kind'], string>> = {
  assumed: 'ASSUMED: ',
  question: 'QUESTION: ',
  from: 'from ',
};

/** A comment stays on its line, whatever is in the names of files. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');

/** Writes line by line, and knows where it is. */
class Writer {
  readonly lines: string[] = [];
  readonly remarks: Placed[] = [];

  line(depth: number, text: string): void {
    this.lines.push(`${'  '.repeat(depth)}${text}`);
  }

  remark(depth: number, { kind, text }: Remark): void {
    this.line(depth, `# ${heading[kind]}${oneLine(text)}`);
    if (kind !== 'from') this.remarks.push({ kind, text, line: this.lines.length });
  }

  field(depth: number, { key, value, remarks = [] }: Field): void {
    for (const remark of remarks) this.remark(depth, remark);
    this.line(depth, `${key}: ${valueText(value)}`);
  }

  machine(depth: number, { name, remarks, fields }: DraftMachine): void {
    for (const remark of remarks) this.remark(depth, remark);
    this.line(depth, fields.length === 0 ? `${scalar(name)}: {}` : `${scalar(name)}:`);
    for (const field of fields) this.field(depth + 1, field);
  }

  site({ name, remarks, subnets, gateway }: DraftSite): void {
    this.line(1, `${scalar(name)}:`);
    for (const remark of remarks) this.remark(2, remark);
    if (subnets.length > 0) this.field(2, { key: 'subnets', value: subnets });
    this.line(2, 'gateways:');
    this.machine(3, gateway);
  }

  head({ from, head, defaults }: Draft): void {
    this.line(0, `# Made by \`hawser import\` from ${oneLine(from.join(', '))}.`);
    this.line(0, '# ASSUMED: nothing said so. QUESTION: nothing said so, and an answer is needed.');
    this.line(0, 'version: 1');
    for (const field of head) this.field(0, field);
    this.line(0, 'defaults:');
    for (const field of defaults) this.field(1, field);
  }
}

/** The text of the new file, and where its remarks stand. */
export function writeDraft(draft: Draft): {
  readonly text: string;
  readonly remarks: readonly Placed[];
} {
  const writer = new Writer();
  writer.head(draft);
  if (draft.sites.length > 0) {
    writer.line(0, '');
    writer.line(0, 'sites:');
    for (const site of draft.sites) writer.site(site);
  }
  if (draft.members.length > 0) {
    writer.line(0, '');
    for (const remark of draft.membersRemarks) writer.remark(0, remark);
    writer.line(0, 'members:');
    for (const member of draft.members) writer.machine(1, member);
  }
  return { text: `${writer.lines.join('\n')}\n`, remarks: writer.remarks };
}
