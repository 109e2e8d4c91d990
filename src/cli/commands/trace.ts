import { Command, InvalidArgumentError, Option } from 'commander';
import { formatPlace } from '#base';
import { type Hop, type Trace, trace } from '#compile';
import { columns } from '#lab';
import { formatPort, parsePort } from '#spec';
import { exitCodes, exitWith } from '../exit.ts';
import { linkAssumed, openNetwork } from '../load.ts';
import { paint, print, printJson } from '../output.ts';

interface Options {
  readonly json?: boolean;
  readonly family?: 4 | 6;
}

const family = (text: string): 4 | 6 => {
  if (text === '4' || text === '6') return text === '4' ? 4 : 6;
  throw new InvalidArgumentError('it is 4 or 6');
};

export const traceCommand = (): Command =>
  new Command('trace')
    .description('follow a flow hop by hop, there and back, and name the rule that decides')
    .argument('<file>', 'the network, as YAML; - for standard input')
    .argument('<from>', 'a machine or host')
    .argument('<to>', 'a machine, a host or an address')
    .argument('[port]', 'tcp/22, udp/53, icmp', 'icmp')
    .addOption(new Option('--family <4|6>', 'IPv4 or IPv6').argParser(family))
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      '\nExit code 0: it arrives and the answer returns. 1: it does not. 2: could not say.',
    )
    .action((file: string, from: string, to: string, port: string, options: Options) => {
      const model = linkAssumed(openNetwork(file));
      const found = trace(model, from, to, parsePort(port), options.family);
      if (options.json) printJson({ ...found, port: formatPort(found.port) });
      else print(traceText(found));
      const arrives = found.verdict === 'allow' || found.verdict === 'outside';
      exitWith(arrives ? exitCodes.yes : exitCodes.no);
    });

const colours = { allow: 'green', outside: 'green', deny: 'red', unreachable: 'red' } as const;

/** A trace for people: the verdict, the way there, the way back, and who decided. */
export function traceText(found: Trace): string {
  const { decision } = found;
  const word = found.from === found.to ? 'local' : found.verdict;
  const lines = [
    `${paint(colours[found.verdict], word)}  ${found.from} -> ${found.to} ${formatPort(found.port)}: ${found.reason}`,
    ...(found.source === '' ? [] : [`${found.source} -> ${found.destination}`]),
  ];
  if (found.hops.length > 0) lines.push('there:', hopsText(found.hops));
  if (found.back.length > 0) lines.push('back:', hopsText(found.back));
  if (decision) {
    const place = decision.place ? ` (${formatPlace(decision.place)})` : '';
    const by = decision.rule ? `rule ${decision.rule}${place}, ` : '';
    lines.push(`decided at ${decision.machine}: ${by}counter ${decision.counter ?? 'none'}`);
  }
  if (found.mtu !== undefined) lines.push(`largest packet: ${found.mtu} bytes`);
  return lines.join('\n');
}

const hopsText = (hops: readonly Hop[]): string =>
  columns(
    hops.map((hop) => [
      `  ${hop.machine}`,
      hop.interface ? `by ${hop.interface}` : 'arrived',
      hop.peer ? `to peer ${hop.peer}` : '',
      hop.mtu === undefined ? '' : `mtu ${hop.mtu}`,
    ]),
  );
