import { formatPort } from '#spec';
import { allowed, type Expected } from './expect.ts';
import { type Cell, drawGrid, type Fate, fateOfVerdicts, type Paint } from './grid.ts';
import { arrives, type Finding } from './measure.ts';
import { mismatchOf, type Proof } from './verdict.ts';

/** All classes and families of one pair, against what was predicted. */
export function cellOf(findings: readonly Finding[]): Cell {
  const passing = findings.filter(({ measured }) => arrives(measured));
  return {
    fate: fateOf(findings),
    passing: [...new Set(passing.map(({ expected }) => className(expected)))],
  };
}

function fateOf(findings: readonly Finding[]): Fate {
  if (findings.some((finding) => mismatchOf(finding) !== undefined)) return 'wrong';
  return fateOfVerdicts(findings.map(({ expected }) => expected.verdict));
}

/** From (rows) to (columns), all classes of a pair in one cell. */
export function matrix(findings: readonly Finding[], paint: Paint): string {
  const names = [
    ...new Set(findings.flatMap(({ expected }) => [expected.from, expected.to])),
  ].sort();
  const pairs = Map.groupBy(findings, ({ expected }) => `${expected.from}\0${expected.to}`);
  const cell = (from: string, to: string): Cell | undefined => {
    const own = pairs.get(`${from}\0${to}`);
    return own && cellOf(own);
  };
  const only = onlyAsked(findings);
  return drawGrid({ names, cell, ...(only !== undefined && { only }) }, paint);
}

/** The one class that was measured, if it was no other: then nothing is said of all others. */
function onlyAsked(findings: readonly Finding[]): string | undefined {
  const asked = new Set(findings.map(({ expected }) => formatPort(expected.port)));
  return asked.size === 1 ? [...asked][0] : undefined;
}

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

/** More mismatches than this hide what they have in common. */
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
      `  ${machine}: counter ${counter}: ${flows} flows refused, ${counted} packets counted`,
  );
  return [
    `flows        ${passed} of ${count(({ expected }) => allowed(expected))} that may pass, passed`,
    ...(denied > 0 ? [`             ${denied} that may not, ${were}`] : []),
    ...rules,
    ...(noWay > 0 ? [`             ${noWay} have no way, as the file says`] : []),
  ];
}

function verdictLines(
  { findings, mismatches, causes, others, seconds }: Proof,
  paint: Paint,
): readonly string[] {
  if (mismatches.length === 0) {
    const only = onlyAsked(findings);
    const ofWhat = only === undefined ? '' : ` of ${only}`;
    return [paint.good(`verdict      the network is what its file says${ofWhat} (${seconds} s)`)];
  }
  const named = [...causes.map(({ text }) => text), ...others];
  const more = named.length - mostNamed;
  return [
    paint.bad(`verdict      ${mismatches.length} mismatch${mismatches.length === 1 ? '' : 'es'}`),
    ...named.slice(0, mostNamed).map((text) => `  ${paint.bad('!')} ${text}`),
    ...(more > 0 ? [`  ... and ${more} more; --json names them all`] : []),
  ];
}
