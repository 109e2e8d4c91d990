import { Command } from 'commander';
import { type Diagnostic, formatDiagnostic } from '#base';
import {
  type CheckResult,
  check,
  closedPorts,
  joinPorts,
  type Model,
  portAtoms,
  sharedFamilies,
  trace,
} from '#compile';
import { columns } from '#lab';
import { formatPort, type Network, type PoolProposal } from '#spec';
import { exitCodes, exitWith, plainDiagnostic } from '../exit.ts';
import { isError, linkAssumed, openNetwork, proposedPools } from '../load.ts';
import { type Matrix, matrixText } from '../matrix.ts';
import { paint, print, printJson } from '../output.ts';

interface Options {
  readonly json?: boolean;
  readonly matrix?: boolean;
  readonly suggest?: boolean;
}

/** Above this many machines and hosts the matrix is shown only when asked for. */
const matrixLimit = 40;
/** And above this many flows, such as a policy of very many ports makes. */
const flowLimit = 50_000;

export const checkCommand = (): Command =>
  new Command('check')
    .description('say everything that is wrong with a file, and prove what it promises')
    .argument('<file>', 'the network, as YAML; - for standard input')
    .option('--json', 'for programs')
    .option('--matrix', `who reaches whom, also for more than ${matrixLimit} machines`)
    .option('--no-matrix', 'leave the matrix out')
    .option('--suggest', 'propose a pool for each site of each segment, and check nothing')
    .addHelpText('after', '\nExit code 0: sound. 1: it has errors. 2: could not be checked.')
    .action((file: string, options: Options) =>
      options.suggest ? suggest(file, options) : run(file, options),
    );

/** Reads also a file whose pools are wrong. */
function suggest(file: string, { json }: Options): void {
  const proposals = proposedPools(file);
  if (json) printJson({ proposals });
  else print(proposalsText(proposals));
}

/** As it stands in the file. */
function proposalsText(proposals: readonly PoolProposal[]): string {
  const bySegment = Map.groupBy(proposals, ({ segment }) => segment);
  const blocks = [...bySegment].flatMap(([segment, sites]) => [
    `  ${segment}:`,
    ...sites.filter(({ site }) => site === undefined).map(memberPool),
    '    sites:',
    ...sites.filter(({ site }) => site !== undefined).flatMap(siteText),
  ]);
  return ['segments:', ...blocks].join('\n');
}

const siteText = ({ site, pools, scattered = [] }: PoolProposal): readonly string[] => [
  ...scattered.map((all) => `      # ${site}: addresses of others lie among its machines (${all})`),
  ...(pools.length > 0 ? [`      ${site}: { pool: ${poolText(pools)} }`] : []),
  ...(pools.length === 0 && scattered.length === 0 ? [`      # ${site}: no room is left`] : []),
];

const memberPool = ({ pools }: PoolProposal): string =>
  pools.length === 0 ? '    # no room is left for its members' : `    pool: ${poolText(pools)}`;

const poolText = (pools: PoolProposal['pools']): string =>
  pools.length === 1 ? String(pools[0]) : `[${pools.join(', ')}]`;

function run(file: string, options: Options): void {
  const opened = openNetwork(file);
  const model = linkAssumed(opened);
  const result = check(model);
  const findings = [...opened.warnings, ...result.diagnostics];
  const errors = findings.filter(isError);
  const stations = stationNames(opened.network);
  const flows = stations.length ** 2 * portAtoms([opened.network]).length;
  const wanted = options.matrix ?? (stations.length <= matrixLimit && flows <= flowLimit);
  const matrix = wanted && errors.length === 0 ? matrixOf(model, stations) : undefined;
  if (options.json) {
    printJson({ ...result, diagnostics: findings.map(plainDiagnostic), ...(matrix && { matrix }) });
  } else report(opened.network, result, findings, matrix);
  exitWith(errors.length > 0 ? exitCodes.no : exitCodes.yes);
}

const stationNames = (network: Network): readonly string[] => [
  ...network.sites.flatMap((site) => [
    ...[...site.gateways, ...site.nodes].map((machine) => machine.name),
    ...site.hosts.map((host) => host.name),
  ]),
  ...network.members.map((member) => member.name),
  ...network.segments.flatMap(({ stations }) =>
    stations.filter(({ name, site }) => name !== site).map((station) => station.name),
  ),
];

/** Verdicts of every pair in its first family, per span of ports that the policy tells apart. */
function matrixOf(model: Model, names: readonly string[]): Matrix {
  const ports = portAtoms([model.network]);
  const rows = names.flatMap((from) =>
    names
      .filter((to) => to !== from && sharedFamilies(model, from, to).length > 0)
      .map((to) => {
        const verdicts = ports.map((port) => trace(model, from, to, port).verdict);
        const passing = joinPorts(
          ports.filter((_, i) => ['allow', 'outside'].includes(verdicts[i] ?? '')),
        );
        const closed = closedPorts(passing)?.map(formatPort);
        return {
          from,
          to,
          verdicts: Object.fromEntries(ports.map((port, i) => [formatPort(port), verdicts[i]])),
          passing: passing.map(formatPort),
          ...(closed && { closed }),
        };
      }),
  );
  return { names, classes: ports.map(formatPort), rows };
}

function report(
  network: Network,
  result: CheckResult,
  findings: readonly Diagnostic[],
  matrix: Matrix | undefined,
): void {
  for (const finding of findings) print(formatDiagnostic(finding));
  const machines = network.sites.reduce((n, s) => n + s.gateways.length + s.nodes.length, 0);
  const hosts = network.sites.reduce((n, s) => n + s.hosts.length, 0);
  print(
    `${network.name}: ${network.sites.length} sites, ${machines} gateways and nodes, ${hosts} hosts, ${network.members.length} members`,
  );
  if (matrix) print(`\n${matrixText(matrix)}`);
  if (result.names) print(`\n${namesText(result.names)}`);
  if (result.tests.length > 0) print(`\n${testsText(result)}`);
  if (result.manual.length > 0) print(`\n${manualText(result)}`);
  if (result.mtus) print(`\n${mtusText(result.mtus)}`);
  const errors = findings.filter(isError).length;
  const { pairs, classes, inside } = result.proof;
  print(
    errors > 0
      ? `\n${paint('red', `${errors} error${errors > 1 ? 's' : ''}`)}`
      : `\n${paint('green', 'sound')}: all ${pairs} pairs proven, by ${classes} classes of machines`,
  );
  if (errors === 0 && inside) print(insideText(inside));
}

/** What holds inside segments, and how much of it is not ours to promise. */
function insideText({ pairs, classes, outside }: NonNullable<CheckResult['proof']['inside']>) {
  const beside = outside === 0 ? '' : `; not enforced are ${outside} that share a site`;
  return `inside segments: ${pairs - outside} pairs proven, by ${classes} classes${beside}`;
}

function namesText({ zone, resolvers }: NonNullable<CheckResult['names']>): string {
  if (resolvers.length === 0)
    return `Names in ${zone}: in /etc/hosts alone, since no gateway answers`;
  const told = resolvers.map(({ machine, addresses }) => [`  ${machine}`, addresses.join(', ')]);
  return `Names in ${zone}, answered by:\n${columns(told)}`;
}

function mtusText(mtus: NonNullable<CheckResult['mtus']>): string {
  const lines = mtus.map(({ segment, site, mtu }) => [`  ${segment} at ${site}`, String(mtu)]);
  return `MTU that a DHCP server of others should give (option 26):\n${columns(lines)}`;
}

const testsText = ({ tests }: CheckResult): string =>
  columns(
    tests.map((test) => [
      test.passed ? paint('green', 'pass') : paint('red', 'FAIL'),
      `${test.from} -> ${test.to}`,
      test.port,
      `expected ${test.expect}${test.as === undefined ? '' : ` as ${test.as}`}`,
      test.passed
        ? ''
        : `found ${test.verdict}${test.source === undefined ? '' : ` as ${test.source}`}`,
    ]),
  );

function manualText({ manual }: CheckResult): string {
  const byHost = Map.groupBy(manual, (entry) => entry.host);
  const blocks = [...byHost].map(([host, lines]) =>
    [`  on ${host}:`, ...lines.map(({ line }) => `    ${line}`)].join('\n'),
  );
  return `Routes to set by hand (or say 'routes: agent' or 'routes: cloud' at the host):\n${blocks.join('\n')}`;
}
