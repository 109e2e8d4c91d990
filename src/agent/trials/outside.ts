import { execFile } from 'node:child_process';
import { getSystemErrorName } from 'node:util';
import type { Question, Tried } from '#api';
import { entered, type Run } from '#host';
import type { Lookup, Namespace } from '#state';
import { valuesIn } from '../segments/sets.ts';
import { type Enter, enterSpace } from '../sockets.ts';
import { echoing } from './echo.ts';
import { outcomeOf, said } from './outcome.ts';
import type { Site } from './trials.ts';

type Outside = Extract<Question, { readonly kind: 'outside' }>;
type Outcome = Pick<Tried, 'outcome' | 'error'>;

/** Of the addresses of a name so many are tried: who asks takes any of them. */
const mostAddresses = 4;

/**
 * Somebody outside by the name that the list of a router has: whom the router's own sets have under it is called as what machines
 * send leaves, with the mark that the filter gives that. It is enough that one of them answers.
 */
export async function tryOutside(
  { space, host, port }: Outside,
  within: number,
  { run, state }: Pick<Site, 'run' | 'state'>,
): Promise<Outcome & Pick<Tried, 'addresses'>> {
  const { lookups, rules } = state?.namespaces[space] ?? {};
  const lookup = lookups?.items.find((one) => one.host === host);
  if (!lookup) return { outcome: 'refused', error: `${host} is no name of ${space}` };
  const enter = enterSpace(space);
  try {
    const all = await addressesOf(lookup, entered(run, enter));
    if (all.length === 0) return { outcome: 'refused', error: 'no address is known of it' };
    const addresses = all.slice(0, mostAddresses);
    const found = await Promise.all(
      addresses.map((address) => {
        const from = { enter, ...markFor(address, rules) };
        return port === undefined
          ? echoing({ address }, within, from)
          : connecting(address, port, within, from);
      }),
    );
    return { ...bestOf(found), addresses };
  } catch (error) {
    return { outcome: 'refused', error: said(error) };
  }
}

/** Those that the filter has now. @throws host/command-failed */
async function addressesOf({ table, v4, v6 }: Lookup, run: Run): Promise<readonly string[]> {
  const all: string[] = [];
  for (const set of [v4, v6]) {
    if (set === undefined) continue;
    const listed = await run('read', ['nft', '-j', 'list', 'set', 'inet', table, set]);
    all.push(...valuesIn(listed).map(String).sort());
  }
  return all;
}

/** The rule by which what is marked has a way. */
function markFor(address: string, rules: Namespace['rules']): { readonly mark?: number } {
  const family = address.includes(':') ? 6 : 4;
  const mark = rules?.items.find((rule) => rule.family === family)?.fwmark;
  return mark === undefined ? {} : { mark };
}

const order = ['answered', 'closed', 'silent', 'refused'] as const;

const bestOf = (all: readonly Outcome[]): Outcome =>
  order.flatMap((outcome) => all.find((one) => one.outcome === outcome) ?? [])[0] ?? {
    outcome: 'silent',
  };

/**
 * A connection that is ended as soon as it stands, or the number of the error. Node marks no socket (SO_MARK, 36 of socket(7)); Perl is on
 * every Debian.
 */
const connector = `use Socket qw(:all); my ($host, $port, $mark, $ms) = @ARGV; my $six = $host =~ /:/; my $out;
my $to = $six ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $host)) : pack_sockaddr_in($port, inet_aton($host));
my $made = socket($out, $six ? AF_INET6 : AF_INET, SOCK_STREAM, 0) && (!$mark || setsockopt($out, SOL_SOCKET, 36, pack 'L', $mark))
&& setsockopt($out, SOL_SOCKET, SO_SNDTIMEO, pack 'l!l!', int($ms / 1000), $ms % 1000 * 1000) && connect($out, $to);
print $made ? 0 : $! + 0;`;

/** Where connect(2) gave up waiting (SO_SNDTIMEO): EINPROGRESS. */
const late = 115;
/** ms that a process takes to begin and end, at most, on a machine with much to do. */
const start = 10_000;

function connecting(
  address: string,
  port: number,
  within: number,
  { enter, mark = 0 }: { readonly enter: Enter; readonly mark?: number },
): Promise<Outcome> {
  const command = ['perl', '-e', connector, address, String(port), String(mark), String(within)];
  const [program = '', ...argv] = [...enter, ...command];
  return new Promise((resolve) => {
    execFile(program, argv, { timeout: within + start }, (error, out, err) => {
      const [line] = err.trim().split('\n');
      if (out === '0') resolve({ outcome: 'answered' });
      else if (/^\d+$/.test(out)) resolve(outcomeOfNumber(Number(out)));
      else resolve({ outcome: 'refused', error: line ? said(line) : said(error) });
    });
  });
}

function outcomeOfNumber(errno: number): Outcome {
  if (errno === late) return { outcome: 'silent' };
  const error = getSystemErrorName(-errno);
  const outcome = outcomeOf(error);
  return outcome === 'silent' ? { outcome } : { outcome, error };
}
