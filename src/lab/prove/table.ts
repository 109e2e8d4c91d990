import { formatPort } from '#spec';
import { allowed, type Expected } from './expect.ts';
import { arrives, type Finding } from './measure.ts';
import { mismatchOf, type Proof } from './verdict.ts';

/** Which words a terminal shows how; identity where it shows none. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly head: (text: string) => string;
}

/**
 * What all classes and families of one pair came to: `+` all pass, `.` all refused as they should
 * be, `~` some of each, `-` no way, as predicted, `o` passes without meeting anything of ours, `!`
 * something is not as predicted.
 */
export type Cell = '+' | '.' | '~' | '-' | 'o' | '!';

export function cellOf(findings: readonly Finding[]): Cell {
  if (findings.some((finding) => mismatchOf(finding) !== undefined)) return '!';
  const verdicts = new Set(findings.map(({ expected }) => expected.verdict));
  if (verdicts.size > 1) return findings.some(({ expected }) => allowed(expected)) ? '~' : '.';
  const [only] = verdicts;
  return { allow: '+', deny: '.', unreachable: '-', outside: 'o' }[only ?? 'unreachable'] as Cell;
}

const legend: Readonly<Record<Cell, string>> = {
  '+': 'passes',
  '.': 'refused, as it should be',
  '~': 'some classes pass, others are refused, as they should',
  '-': 'no way, as predicted',
  o: 'passes; nothing of ours decides',
  '!': 'NOT AS PREDICTED',
};

/** From (rows) to (columns), a sign per pair. */
export function matrix(findings: readonly Finding[], paint: Paint): string {
  const names = [
    ...new Set(findings.flatMap(({ expected }) => [expected.from, expected.to])),
  ].sort();
  const pairs = Map.groupBy(findings, ({ expected }) => `${expected.from}\0${expected.to}`);
  const width = Math.max(...names.map((name) => name.length));
  const columns = names.map((_, index) => `${index + 1}`);
  const cell = (from: string, to: string): string => {
    const own = pairs.get(`${from}\0${to}`);
    return own ? cellOf(own) : ' ';
  };
  const used = new Set<Cell>();
  const rows = names.map((from, row) => {
    const cells = names.map((to, column) => {
      const sign = cell(from, to);
      if (sign !== ' ') used.add(sign as Cell);
      return ' '.repeat(columns[column]?.length ?? 1) + painted(sign, paint);
    });
    return `${`${row + 1}`.padStart(3)} ${from.padEnd(width)} ${cells.join('')}`;
  });
  const head = `${' '.repeat(width + 4)} ${columns.map((c) => ` ${c}`).join('')}`;
  const meaning = [...used].map((sign) => `  ${painted(sign, paint)}  ${legend[sign]}`);
  return [paint.head(head), ...rows, '', ...meaning].join('\n');
}

const painted = (sign: string, paint: Paint): string =>
  sign === '!'
    ? paint.bad(sign)
    : sign === '+' || sign === 'o'
      ? paint.good(sign)
      : paint.dim(sign);

/** A line per pair: what passes and what is refused, class by class. */
export function pairLines(findings: readonly Finding[], paint: Paint): string {
  const pairs = Map.groupBy(findings, ({ expected }) => `${expected.from} -> ${expected.to}`);
  const width = Math.max(...[...pairs.keys()].map((key) => key.length));
  const lines = [...pairs].map(([key, own]) => {
    const words = own.map((finding) => word(finding, paint));
    return `  ${key.padEnd(width)}  ${[...new Set(words)].join('  ')}`;
  });
  return lines.join('\n');
}

function word(finding: Finding, paint: Paint): string {
  const { expected, measured } = finding;
  const name = className(expected);
  if (mismatchOf(finding) !== undefined) return paint.bad(`${name} ${measured.outcome}!`);
  if (arrives(measured)) return paint.good(name);
  return paint.dim(`${name} ${expected.verdict === 'deny' ? 'refused' : 'no way'}`);
}

const className = ({ port, family }: Expected): string =>
  `${formatPort(port)}${family === 6 ? '/v6' : ''}`;

/** More mismatches than this have one cause, and hide it. */
const mostNamed = 60;

/** Totals, refusals at their counters, and every mismatch by name. */
export const summary = (proof: Proof, paint: Paint): string =>
  [...handshakeLines(proof), ...flowLines(proof), ...verdictLines(proof, paint)].join('\n');

function handshakeLines({ handshakes: { expected, missing } }: Proof): readonly string[] {
  return expected > 0 ? [`handshakes   ${expected - missing.length} of ${expected}`] : [];
}

function flowLines({ findings, refusals, mismatches }: Proof): readonly string[] {
  const count = (test: (finding: Finding) => boolean) => findings.filter(test).length;
  const passed = count(({ expected, measured }) => allowed(expected) && arrives(measured));
  const denied = count(({ expected }) => expected.verdict === 'deny');
  const noWay = count(({ expected }) => expected.verdict === 'unreachable');
  const were = mismatches.length === 0 ? 'were refused:' : 'should be refused:';
  const rules = refusals.map(
    ({ machine, counter, flows, counted }) =>
      `  ${machine}: rule ${counter} refused ${flows} flows and counted ${counted} packets`,
  );
  return [
    `flows        ${passed} of ${count(({ expected }) => allowed(expected))} that may pass, passed`,
    ...(denied > 0 ? [`             ${denied} that may not, ${were}`] : []),
    ...rules,
    ...(noWay > 0 ? [`             ${noWay} have no way, as the file says`] : []),
  ];
}

function verdictLines({ mismatches, seconds }: Proof, paint: Paint): readonly string[] {
  if (mismatches.length === 0) {
    return [paint.good(`verdict      the network is what its file says (${seconds} s)`)];
  }
  const more = mismatches.length - mostNamed;
  return [
    paint.bad(`verdict      ${mismatches.length} mismatch${mismatches.length === 1 ? '' : 'es'}`),
    ...mismatches.slice(0, mostNamed).map((text) => `  ${paint.bad('!')} ${text}`),
    ...(more > 0 ? [`  ... and ${more} more; --json names them all`] : []),
  ];
}
