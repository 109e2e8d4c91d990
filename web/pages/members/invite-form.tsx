import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, type SubmitEvent, useState } from 'react';
import type { NewInvite, PlanResult } from '#api';
import { now } from '../../data/clock.ts';
import { forgetKept, useKept } from '../../data/kept.ts';
import { keys } from '../../data/queries.ts';
import { Refused } from '../../data/server.ts';
import { timeOf } from '../../data/words.ts';
import { Copyable } from '../../parts/copyable.tsx';
import { PlanText, PlanTools, Waits } from '../../parts/plan.tsx';
import { Pill, Words } from '../../parts/states.tsx';
import { invite, type Made, planInvite } from './actions.ts';
import { Qr } from './qr.tsx';

interface InviteFormProps {
  readonly network: string;
  /** A member that gets another link; a new one otherwise. */
  readonly machine?: string | undefined;
  /** It has a key, which the link replaces. */
  readonly replaces?: boolean;
  readonly people: readonly string[];
  readonly sites: readonly string[];
  readonly onEnd: () => void;
}

/** Days that a link is good for. */
const lives = [
  { value: '1', label: '1 day' },
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
];

/** As what an invitation that is not made yet is kept. */
export const invitationIn = (network: string): string => `${network}/invite`;

/** By the server's clock, which decides. */
const inDays = (days: number): string => new Date(now() + days * 86_400_000).toISOString();

interface Fields {
  readonly machine: string;
  readonly person: string;
  readonly tags: string;
  readonly hub: string;
  readonly days: string;
  readonly until: string;
}

const wantedOf = (fields: Fields, newKey: boolean): NewInvite => {
  const { machine, person, tags, hub, days, until } = fields;
  const words = tags.split(/[\s,]+/).filter(Boolean);
  return {
    machine: machine.trim(),
    expires: inDays(Number(days)),
    ...(person.trim() !== '' && { person: person.trim() }),
    ...(words.length > 0 && { tags: words }),
    ...(hub !== '' && { hub }),
    // A day ends when the next one begins.
    ...(until !== '' && { memberExpires: new Date(`${until}T24:00:00Z`).toISOString() }),
    ...(newKey && { newKey }),
  };
};

export const WhatFailed = ({ error }: { readonly error: Error }) => (
  <p role="alert">
    <Pill mood="bad">
      {error instanceof Refused ? error.message : 'The server does not answer.'}
    </Pill>{' '}
    {error instanceof Refused && (
      <span className="dim">
        <Words text={error.fix} />
      </span>
    )}
  </p>
);

interface Planned {
  readonly wanted: NewInvite;
  readonly plan: PlanResult;
  /** What the request is called, so that it is done once. */
  readonly request: string;
}

/** Says who is invited, shows what that changes, and then the link. */
export function InviteForm(props: InviteFormProps) {
  const { network, onEnd } = props;
  const [planned, setPlanned] = useState<Planned>();
  const [made, setMade] = useState<Made>();
  const [error, setError] = useState<Error>();
  const [isAsking, setAsking] = useState(false);
  const client = useQueryClient();
  const during = async (work: () => Promise<void>): Promise<void> => {
    setAsking(true);
    setError(undefined);
    await work().catch((thrown: Error) => {
      setError(thrown);
      // The session may have ended: what was typed is there again after the next login.
      void client.refetchQueries({ queryKey: keys.session });
    });
    setAsking(false);
  };
  const plan = async (wanted: NewInvite): Promise<void> =>
    during(async () => {
      const found = await planInvite(network, wanted);
      setPlanned({ wanted, plan: found, request: crypto.randomUUID() });
    });
  const go = async ({ wanted, plan: { hash }, request }: Planned): Promise<void> =>
    during(async () => {
      setMade(await invite(network, wanted, { plan: hash, request }));
      forgetKept(invitationIn(network));
    });
  if (made) return <TheLink network={network} made={made} onEnd={onEnd} />;
  return (
    <section className="card" aria-label="Invite">
      <h2>{props.machine === undefined ? 'Invite a device' : `Invite ${props.machine} again`}</h2>
      {props.replaces && (
        <p>
          <Pill mood="warn">
            The key that it has goes on until the link is used, and ends then.
          </Pill>
        </p>
      )}
      <Asked {...props} isAsking={isAsking} onAsked={(wanted) => void plan(wanted)}>
        {planned && {
          plan: <PlanText plan={planned.plan} />,
          go: (
            <Button size="xs" loading={isAsking} onClick={() => void go(planned)}>
              {planned.plan.text === '' ? 'Make the link' : 'Apply it, and make the link'}
            </Button>
          ),
        }}
      </Asked>
      {error && <WhatFailed error={error} />}
    </section>
  );
}

interface AskedProps extends InviteFormProps {
  readonly isAsking: boolean;
  readonly onAsked: (wanted: NewInvite) => void;
  /** What comes of it, and how to go on. */
  readonly children: { readonly plan: ReactNode; readonly go: ReactNode } | undefined;
}

function Asked({
  network,
  machine,
  replaces = false,
  people,
  sites,
  onEnd,
  isAsking,
  onAsked,
  children,
}: AskedProps) {
  const empty = { person: '', tags: '', hub: '', days: '7', until: '' };
  const [fields, setFields] = useKept<Fields>(`${invitationIn(network)}/${machine ?? ''}`, {
    machine: machine ?? '',
    ...empty,
  });
  const field = (name: keyof Fields) => ({
    size: 'xs',
    value: fields[name],
    onChange: ({ currentTarget: { value } }: { currentTarget: { value: string } }) =>
      setFields({ ...fields, [name]: value }),
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    onAsked(wantedOf(fields, replaces));
  };
  return (
    <form onSubmit={submit}>
      <div className="fields">
        {machine === undefined && (
          <>
            <TextInput
              {...field('machine')}
              label="Device"
              placeholder="anna-laptop"
              required
              withAsterisk={false}
              autoFocus
              pattern="[a-z0-9]([a-z0-9\-]*[a-z0-9])?"
              maxLength={63}
              title="Lower-case letters, digits and inner hyphens"
            />
            <TextInput {...field('person')} label="Whose" placeholder="Anna Novak" list="people" />
            <datalist id="people">
              {people.map((one) => (
                <option key={one} value={one} />
              ))}
            </datalist>
            <TextInput {...field('tags')} label="Tags" placeholder="people" />
            {sites.length > 0 && (
              <NativeSelect
                {...field('hub')}
                label="By way of"
                data={[{ value: '', label: 'the whole network' }, ...sites]}
              />
            )}
            <TextInput {...field('until')} label="Member until" type="date" />
          </>
        )}
        <NativeSelect {...field('days')} label="Link good for" data={lives} />
      </div>
      {children?.plan}
      <PlanTools {...{ isAsking, onEnd }}>{children?.go}</PlanTools>
    </form>
  );
}

function TheLink({
  network,
  made: { link, info, revision },
  onEnd,
}: {
  readonly network: string;
  readonly made: Made;
  readonly onEnd: () => void;
}) {
  return (
    <section className="card" aria-label="The link">
      <h2>For whoever sets up {info.machine}</h2>
      {revision?.state === 'held' && (
        <Waits network={network} revision={revision}>
          The link opens then.
        </Waits>
      )}
      <p>
        Send it to that person alone. It is shown this once, and good once, until{' '}
        {timeOf(info.expires)}.
      </p>
      <div className="command">
        <Copyable text={link} what="the link" />
      </div>
      <Qr text={link} what="The link as a QR code" />
      <Button size="xs" variant="default" onClick={onEnd}>
        Done
      </Button>
    </section>
  );
}
