import { TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { AccessResult, NetworkStatus } from '#api';
import { useAccess } from '../data/meant.ts';
import { Link } from '../parts/link.tsx';
import { Empty, Failure, Loading, NoMachines } from '../parts/states.tsx';
import { pathIn } from '../route.ts';

/** Beyond, nobody finds anything in a table; the filter leads to the others. */
const most = 60;

type Group = readonly string[];
type Access = AccessResult['access'][number];

const nameOf = ([first = '', ...more]: Group): string =>
  more.length === 0 ? first : `${first} + ${more.length}`;

/** What passes; of almost everything, what does not. */
function portsOf({ ports, closed }: Access): string {
  if (!closed) return ports.join(' ');
  return closed.length === 0 ? 'all' : `all but ${closed.join(', ')}`;
}

function wordOf(found: readonly Access[]): { readonly kind: string; readonly text: string } {
  const texts = new Set(found.map(portsOf));
  if (texts.size > 1) return { kind: 'some', text: 'differs' };
  const [text = ''] = texts;
  if (text === '') return { kind: 'none', text: '–' };
  const isOutside = found.every(({ outside }) => outside);
  if (found.every(({ closed }) => closed)) return { kind: isOutside ? 'outside' : 'all', text };
  return { kind: 'some', text };
}

/** Who gets where by which ports, as the compiled filters and routes have it. */
export default function PolicyPage({ status }: { readonly status: NetworkStatus }) {
  const { network, revision } = status;
  const { data, error, refetch } = useAccess(network, revision.number);
  const [sought, setSought] = useState('');
  const shown = useMemo(() => {
    const words = sought.toLowerCase().split(/\s+/).filter(Boolean);
    const all = (data?.groups ?? []).map((group, index) => ({ group, index }));
    return words.length === 0
      ? all
      : all.filter(({ group }) => group.some((name) => words.some((word) => name.includes(word))));
  }, [data, sought]);
  if (!data) {
    if (error) return <Failure page="Policy" error={error} again={() => void refetch()} />;
    return <Loading page="Policy" what="who gets where" />;
  }
  if (data.groups.length === 0) {
    return (
      <>
        <h1>Policy</h1>
        <NoMachines network={network} />
      </>
    );
  }
  return (
    <>
      <h1>Policy</h1>
      <p className="lead dim">
        What gets from whom (rows) to whom (columns), followed through routes and filters. A cell
        leads to the way of its packets.
      </p>
      <div className="tools">
        <TextInput
          size="xs"
          className="seek"
          aria-label="Filter machines"
          placeholder="Filter machines"
          value={sought}
          onChange={(event) => setSought(event.currentTarget.value)}
        />
        <span className="dim" role="status">
          {shown.length > most ? `the first ${most} of ${shown.length}` : shown.length}
        </span>
        <Legend />
      </div>
      {shown.length === 0 ? (
        <Empty>None fits.</Empty>
      ) : (
        <Matrix network={network} access={data.access} shown={shown.slice(0, most)} />
      )}
    </>
  );
}

const Legend = () => (
  <span className="legend dim">
    <span className="key all" /> all <span className="key some" /> some ports{' '}
    <span className="key outside" /> passes nothing of ours <span className="key none" /> nothing
  </span>
);

interface MatrixProps {
  readonly network: string;
  readonly access: readonly Access[];
  readonly shown: readonly { readonly group: Group; readonly index: number }[];
}

function Matrix({ network, access, shown }: MatrixProps) {
  const cells = useMemo(() => Map.groupBy(access, ({ from, to }) => `${from} ${to}`), [access]);
  return (
    // biome-ignore lint/a11y: a region that scrolls is reached by keys
    <div className="matrix" tabIndex={0} role="region" aria-label="Who gets where">
      <table>
        <thead>
          <tr>
            <th scope="col">from, to</th>
            {shown.map(({ group, index }) => (
              <th key={index} scope="col" title={group.join(', ')}>
                <span className="upright">{nameOf(group)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map(({ group, index: from }) => (
            <tr key={from}>
              <th scope="row" title={group.join(', ')}>
                {nameOf(group)}
              </th>
              {shown.map(({ index: to }) => (
                <Cell key={to} network={network} found={cells.get(`${from} ${to}`)} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface CellProps {
  readonly network: string;
  readonly found: readonly Access[] | undefined;
}

function Cell({ network, found }: CellProps) {
  const [first] = found ?? [];
  if (!found || !first) return <td className="self" />;
  const { kind, text } = wordOf(found);
  const [from, to] = first.example;
  const port = first.ports.find((one) => one !== 'icmp') ?? 'icmp';
  // One port of a span stands for it.
  const asked = port.replace(/-\d+$/, '').replace(/^(tcp|udp)$/, '$1/1');
  const query = new URLSearchParams({ from, to, port: asked });
  const detail = found
    .map((one) => `${one.example.join(' to ')}: ${portsOf(one) || 'nothing'}`)
    .join('; ');
  return (
    <td className={kind} title={detail}>
      <Link to={`${pathIn(network, 'trace')}?${query}`}>{text}</Link>
    </td>
  );
}
