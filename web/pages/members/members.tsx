import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { InviteInfo, MachineStatus, NetworkStatus, SessionInfo, TunnelsStatus } from '#api';
import { forgetKept, useKept } from '../../data/kept.ts';
import { at, keys } from '../../data/queries.ts';
import { ask } from '../../data/server.ts';
import { ago, type Mood, moodOfTunnel, presenceOf, timeOf } from '../../data/words.ts';
import { Link } from '../../parts/link.tsx';
import { Pill } from '../../parts/states.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { pathIn } from '../../route.ts';
import { overlayRoom } from '../machines.tsx';
import { suspend, withdraw } from './actions.ts';
import { wordsOfEnd } from './ends.ts';
import { InviteForm, invitationIn, WhatFailed } from './invite-form.tsx';
import { isPending, listedOf } from './invited.ts';
import { expiryIn, Lifetime } from './lifetime.tsx';
import { type Acts, MemberActions, MemberMenu } from './member-actions.tsx';
import { Removal } from './removal.tsx';

type TunnelStatus = TunnelsStatus['tunnels'][number];

interface MembersPageProps {
  readonly status: NetworkStatus;
  readonly tunnels: TunnelsStatus;
  readonly session: SessionInfo;
}

interface Member extends MachineStatus {
  /** The best of its tunnels: one that is up is enough. */
  readonly tunnel?: TunnelStatus | undefined;
}

const isMember = ({ site, hub }: MachineStatus): boolean => site === undefined && !hub;

/** Of a device that nothing of ours runs on, the key is what there is to say. */
const beingOf = (member: Member): ReturnType<typeof presenceOf> => {
  const found = presenceOf(member);
  const isSetUp = member.enrolment === 'unmanaged' && member.hasKey && !member.cutOff;
  return isSetUp ? { ...found, word: 'has its key' } : found;
};

const bestOf = (tunnels: readonly TunnelStatus[]): TunnelStatus | undefined => {
  const order: readonly Mood[] = ['good', 'warn', 'bad', 'untold', 'idle'];
  return [...tunnels].sort(
    (a, b) => order.indexOf(moodOfTunnel[a.state]) - order.indexOf(moodOfTunnel[b.state]),
  )[0];
};

function membersOf(machines: readonly MachineStatus[], tunnels: readonly TunnelStatus[]): Member[] {
  const all = new Map<string, TunnelStatus[]>();
  for (const tunnel of tunnels) {
    for (const { machine } of tunnel.ends) all.set(machine, [...(all.get(machine) ?? []), tunnel]);
  }
  const members = machines.filter(isMember);
  const named = members.map((one) => ({ ...one, tunnel: bestOf(all.get(one.name) ?? []) }));
  // Devices of a person stand together.
  const placeOf = ({ person = '\uffff', name }: Member): string => `${person}\n${name}`;
  return named.sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
}

const actionsColumn = (acts: Acts): Column<Member> => ({
  name: 'Actions',
  least: 18,
  share: 1.4,
  rank: 6,
  value: () => undefined,
  show: (member) => <MemberActions member={member} acts={acts} />,
  instead: {
    name: 'Actions',
    least: 3.6,
    share: 0,
    isNumber: true,
    value: () => undefined,
    show: (member) => <MemberMenu member={member} acts={acts} />,
  },
});

const columnsOf = (
  network: string,
  least: number,
  acts: Acts | undefined,
): readonly Column<Member>[] => [
  {
    name: 'Device',
    least: 7,
    share: 1.3,
    value: ({ name }) => name,
    show: ({ name }) => <Link to={pathIn(network, 'machines', name)}>{name}</Link>,
  },
  {
    name: 'Whose',
    least: 6,
    share: 1,
    rank: 4,
    isBelow: true,
    value: ({ person }) => person,
    show: ({ person }) => person,
  },
  {
    name: 'Is',
    least: 7,
    share: 1,
    value: (member) => beingOf(member).word,
    show: (member) => {
      const { word, mood } = beingOf(member);
      return <Pill mood={mood}>{word}</Pill>;
    },
  },
  {
    name: 'Tunnel',
    least: 6.5,
    share: 0.8,
    rank: 2,
    value: ({ tunnel }) => tunnel?.state,
    show: ({ tunnel }) => tunnel && <Pill mood={moodOfTunnel[tunnel.state]}>{tunnel.state}</Pill>,
  },
  {
    name: 'Overlay',
    least,
    share: 0.8,
    rank: 3,
    value: ({ overlay }) => overlay[0],
    show: ({ overlay }) => <code>{overlay.join(' ')}</code>,
  },
  {
    name: 'Until',
    least: 6,
    share: 0.7,
    rank: 5,
    value: ({ expires }) => expires,
    show: ({ expires }) => wordsOfEnd(expires),
  },
  ...(acts ? [actionsColumn(acts)] : []),
];

const textOf = (member: Member): string =>
  [member.name, member.person, beingOf(member).word, member.tunnel?.state, ...member.overlay]
    .filter(Boolean)
    .join(' ');

/** Who is to get a link: a member by its name, or somebody new. */
interface Wanted {
  readonly machine?: string;
}

/** People and their devices, whom one invites and cuts off. */
export default function MembersPage({ status, tunnels, session }: MembersPageProps) {
  const { network, machines } = status;
  const client = useQueryClient();
  const [form, setForm] = useKept<Wanted | null>(invitationIn(network), null);
  const [going, setGoing] = useState<string>();
  const [ending, setEnding] = useKept<string | null>(expiryIn(network), null);
  const [error, setError] = useState<Error>();
  const acts = session.role !== 'viewer';
  const members = useMemo(() => membersOf(machines, tunnels.tunnels), [machines, tunnels]);
  const least = overlayRoom(members);
  const columns = useMemo(() => {
    const onSuspend = (machine: string, revoked: boolean): void => {
      setError(undefined);
      void suspend(network, machine, revoked)
        .then(async () => client.refetchQueries({ queryKey: keys.of(network, 'status') }))
        .catch(setError);
    };
    return columnsOf(
      network,
      least,
      acts
        ? {
            onSuspend,
            onExpire: setEnding,
            onRemove: setGoing,
            onInvite: (machine: string) => setForm({ machine }),
          }
        : undefined,
    );
  }, [network, least, acts, client]);
  const people = [...new Set(members.flatMap(({ person }) => person ?? []))].sort();
  const sites = [...new Set(machines.flatMap(({ site }) => site ?? []))].sort();
  const known = members.find(({ name }) => name === form?.machine);
  const isOpen = form !== null && (known !== undefined || form.machine === undefined);
  const expiring = members.find(({ name }) => name === ending);
  const end = (): void => {
    setForm(null);
    forgetKept(invitationIn(network));
    void client.refetchQueries({ queryKey: keys.of(network, 'status') });
  };
  return (
    <>
      <div className="tools between">
        <h1>Members</h1>
        {acts && !isOpen && (
          <Button size="xs" onClick={() => setForm({})}>
            Invite
          </Button>
        )}
      </div>
      {acts && isOpen && (
        <InviteForm
          key={known?.name ?? ''}
          {...{ network, people, sites }}
          machine={known?.name}
          replaces={known?.hasKey ?? false}
          onEnd={end}
        />
      )}
      {acts && expiring && (
        <Lifetime
          key={expiring.name}
          {...{ network, machine: expiring.name }}
          expires={expiring.expires}
          onEnd={() => {
            setEnding(null);
            forgetKept(expiryIn(network));
            void client.refetchQueries({ queryKey: keys.of(network, 'status') });
          }}
        />
      )}
      {going !== undefined && (
        <Removal
          key={going}
          {...{ network, machine: going }}
          onEnd={() => {
            setGoing(undefined);
            void client.refetchQueries({ queryKey: keys.of(network, 'status') });
          }}
        />
      )}
      {error && <WhatFailed error={error} />}
      <Table
        label="members"
        rows={members}
        columns={columns}
        keyOf={({ name }) => name}
        textOf={textOf}
      />
      <Invitations network={network} acts={acts} />
    </>
  );
}

const moods: Readonly<Record<InviteInfo['state'], Mood>> = {
  open: 'good',
  waits: 'warn',
  used: 'idle',
  expired: 'idle',
  withdrawn: 'idle',
};

const whenOf = ({ state, used, expires, created }: InviteInfo): string => {
  if (state === 'used') return ago(used ?? created);
  if (state === 'expired') return ago(expires);
  if (state === 'withdrawn') return `made ${ago(created)}`;
  return `until ${timeOf(expires)}`;
};

interface InvitationsProps {
  readonly network: string;
  readonly acts: boolean;
}

/** Who was invited, and what became of it. */
function Invitations({ network, acts }: InvitationsProps) {
  const [error, setError] = useState<Error>();
  // Beside what is told of the network's state, so that it is asked again with it.
  const { data = [], refetch } = useQuery({
    queryKey: [...keys.of(network, 'status'), 'invites'],
    queryFn: async () => ask<readonly InviteInfo[]>(at(network, 'invites')),
  });
  const { listed, more } = listedOf(data);
  const end = (id: string): void => {
    void withdraw(network, id)
      .then(async () => refetch())
      .catch(setError);
  };
  return (
    <section className="card invitations">
      <h2>Invitations</h2>
      {data.length === 0 && <p className="dim">Nobody was invited yet.</p>}
      <ul>
        {listed.map((info) => (
          <li key={info.id}>
            <Pill mood={moods[info.state]}>
              {info.state === 'waits' ? 'waits for the member' : info.state}
            </Pill>{' '}
            <strong>{info.machine}</strong>{' '}
            <span className="dim">
              by {info.by}, {whenOf(info)}
            </span>
            {acts && isPending(info) && (
              <Button
                size="compact-xs"
                variant="subtle"
                color="gray"
                aria-label={`Withdraw the invitation of ${info.machine}`}
                onClick={() => end(info.id)}
              >
                Withdraw
              </Button>
            )}
          </li>
        ))}
      </ul>
      {more > 0 && <p className="dim">and {more} more, which are older and over</p>}
      {error && <WhatFailed error={error} />}
    </section>
  );
}
