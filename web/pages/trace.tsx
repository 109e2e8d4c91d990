import { Button, TextInput } from '@mantine/core';
import { type ReactNode, type SubmitEvent, useId } from 'react';
import type { NetworkStatus, TraceHop, TraceResult } from '#api';
import { forgetKept, useKept } from '../data/kept.ts';
import { type Flow, useAccess, useTrace } from '../data/meant.ts';
import type { Mood } from '../data/words.ts';
import { Empty, Failure, Loading, Pill } from '../parts/states.tsx';
import { goTo, pathIn, queryOf, usePath } from '../route.ts';

const moods: Readonly<Record<TraceResult['verdict'], Mood>> = {
  allow: 'good',
  outside: 'good',
  deny: 'bad',
  unreachable: 'bad',
};

const words: Readonly<Record<TraceResult['verdict'], string>> = {
  allow: 'arrives',
  outside: 'arrives',
  deny: 'is refused',
  unreachable: 'does not arrive',
};

/** A flow between two machines, hop by hop, and who decides about it. */
export default function TracePage({ status }: { readonly status: NetworkStatus }) {
  const { network, revision } = status;
  const query = queryOf(usePath());
  const [from, to, port] = ['from', 'to', 'port'].map((name) => query.get(name) ?? '');
  const flow = { from: from ?? '', to: to ?? '', port: port ?? '' };
  const { data, error, isFetching, refetch } = useTrace(network, flow, revision.number);
  return (
    <>
      <h1>Trace</h1>
      <Ask key={JSON.stringify(flow)} status={status} flow={flow} />
      {flow.from === '' || flow.to === '' ? (
        <Empty>Two machines, and the way of a packet between them is shown.</Empty>
      ) : data ? (
        <Found found={data} />
      ) : error && !isFetching ? (
        <Failure error={error} again={() => void refetch()} />
      ) : (
        <Loading what="the way" />
      )}
    </>
  );
}

interface AskProps {
  readonly status: NetworkStatus;
  readonly flow: Flow;
}

function Ask({ status: { network, revision, machines }, flow }: AskProps) {
  const names = useId();
  // For each flow that was asked for by itself: what was typed elsewhere does not stand over one that a link asks for.
  const kept = `${network}/trace`;
  const [{ from, to, port }, setFlow] = useKept(
    `${kept}/${new URLSearchParams({ ...flow })}`,
    flow,
  );
  const { data } = useAccess(network, revision.number);
  const all = data ? data.groups.flat().sort() : machines.map(({ name }) => name);
  const go = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    forgetKept(kept);
    const asked = new URLSearchParams({ from, to, ...(port !== '' && { port }) });
    goTo(`${pathIn(network, 'trace')}?${asked}`);
  };
  const field = (label: string, name: keyof Flow, value: string, placeholder: string) => (
    <TextInput
      size="xs"
      label={label}
      placeholder={placeholder}
      value={value}
      onChange={(event) => setFlow({ from, to, port, [name]: event.currentTarget.value.trim() })}
      {...(name !== 'port' && { list: names, required: true, withAsterisk: false })}
    />
  );
  return (
    <form className="tools ask" onSubmit={go}>
      {field('From', 'from', from, 'a machine')}
      {field('To', 'to', to, 'a machine or an address')}
      {field('Port', 'port', port, 'icmp, tcp/22, udp/53')}
      <Button type="submit" size="xs">
        Trace
      </Button>
      <Button
        size="xs"
        variant="default"
        onClick={() => setFlow({ from: to, to: from, port })}
        aria-label="Swap the two machines"
      >
        ⇄
      </Button>
      <datalist id={names}>
        {all.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </form>
  );
}

function Found({ found }: { readonly found: TraceResult }) {
  const { verdict, reason, from, to, port, source, destination, hops, back, decision, mtu } = found;
  return (
    <>
      <p className="lead">
        <Pill mood={moods[verdict]}>
          {port} from {from} to {to} {words[verdict]}
        </Pill>
        {reason}
      </p>
      {hops.length > 0 && (
        <Way title="There" hops={hops} decider={decision?.machine} mood={moods[verdict]} />
      )}
      {back.length > 0 && <Way title="Back" hops={back} mood={moods[verdict]} />}
      <section className="card">
        <h2>Who decides</h2>
        {decision ? <Decision decision={decision} /> : <p className="dim">Nobody is asked.</p>}
        <p className="dim">
          {source !== '' && `From ${source} to ${destination}. `}
          {mtu !== undefined && `The largest packet that passes has ${mtu} bytes.`}
        </p>
      </section>
    </>
  );
}

function Decision({ decision }: { readonly decision: NonNullable<TraceResult['decision']> }) {
  const { machine, rule, file, line, counter } = decision;
  if (rule === undefined)
    return (
      <p>
        {machine}, by no rule{counter !== undefined && <>: it counts it under {code(counter)}</>}.
      </p>
    );
  return (
    <p>
      {machine}, by rule {code(rule)}
      {file !== undefined && <> of {code(`${file}:${line}`)}</>}.
    </p>
  );
}

const code = (text: string): ReactNode => <code>{text}</code>;

interface WayProps {
  readonly title: string;
  readonly hops: readonly TraceHop[];
  readonly decider?: string | undefined;
  readonly mood: Mood;
}

/** Machines as stations of a way, with what leads from each to the next between them. */
const Way = ({ title, hops, decider, mood }: WayProps) => (
  <section className="card">
    <h2>{title}</h2>
    <ol className="way">
      {hops.map(({ machine, interface: device, peer, mtu }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a way may pass a machine twice
        <li key={index}>
          <span className={`stop${machine === decider ? ` decider ${mood}` : ''}`}>
            <strong>{machine}</strong>
            {machine === decider && <span className="dim">decides</span>}
          </span>
          {device !== undefined && (
            <span className="leg dim">
              {device}
              {peer !== undefined && ` to ${peer}`}
              {mtu !== undefined && `, ${mtu} bytes`}
            </span>
          )}
        </li>
      ))}
    </ol>
  </section>
);
