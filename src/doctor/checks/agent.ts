import type { Diagnostic } from '#base';
import { check } from '../check.ts';
import { found } from '../errors.ts';
import type { AgentSeen } from '../facts.ts';
import { folderFindings } from './folder.ts';

type Health = NonNullable<AgentSeen['health']>;
type Session = Health['networks'][number];
type Notes = NonNullable<Session['notes']>;

function silenceOf({ code, message, fix }: Diagnostic): Diagnostic {
  if (code === 'agent/crashes') return found('doctor/agent-crashes', { why: message, fix });
  return found(code === 'agent/mute' ? 'doctor/agent-mute' : 'doctor/agent-down', { why: message });
}

/** The notes, but all that may not be put back now as one: it is for one reason, however much it is. */
function joined(notes: Notes): Notes {
  const isLeft = ({ code }: Notes[number]): boolean => code === 'agent/not-put-back';
  const [first, ...more] = notes.filter(isLeft);
  if (!first || more.length === 0) return notes;
  const message = `${first.message}, and ${more.length} more`;
  return [...notes.filter((note) => !isLeft(note)), { ...first, message }];
}

function sessionFindings(session: Session): readonly Diagnostic[] {
  const { network, machine, failures, notes = [], frozen, pending } = session;
  const { quarantined: count } = session;
  const severity = 'warning';
  return [
    ...failures.map(({ message: what, code, fix }) =>
      found('doctor/agent-fails', { network, what, code, fix }),
    ),
    ...joined(notes).map(({ message: what, code, fix, severity: own }) =>
      found('doctor/agent-notes', { network, what, code, fix }, { severity: own }),
    ),
    ...(pending ? [found('doctor/agent-waits', { network, machine }, { severity })] : []),
    ...(count > 0 ? [found('doctor/quarantine', { network, count }, { severity })] : []),
    ...(frozen ? [found('doctor/agent-frozen', { network }, { severity })] : []),
  ];
}

function healthFindings(health: Health, own: string): readonly Diagnostic[] {
  const { paused: until, version: running, networks } = health;
  const severity = 'warning';
  return [
    ...(until === undefined ? [] : [found('doctor/agent-paused', { until }, { severity })]),
    ...networks.flatMap(sessionFindings),
    ...(running === own ? [] : [found('doctor/agent-version', { running, own }, { severity })]),
  ];
}

const revisionOf = ({ network, machine, revision }: Session): string =>
  `${network} as ${machine}, revision ${revision ?? 'none'}`;

export const agentChecks = [
  check({
    id: 'agent',
    group: 'agent',
    fine: 'the agent runs, and the machine is what its networks say',
    needs: ['agent'],
    codes: [
      'doctor/agent-down',
      'doctor/agent-mute',
      'doctor/agent-crashes',
      'doctor/agent-paused',
      'doctor/agent-frozen',
      'doctor/agent-fails',
      'doctor/agent-notes',
      'doctor/agent-waits',
      'doctor/quarantine',
      'doctor/agent-version',
    ],
    judge: ({ agent: { health, silence, ownVersion } }) => [
      ...(silence ? [silenceOf(silence)] : []),
      ...(health ? healthFindings(health, ownVersion) : []),
    ],
    detail: ({ agent: { health } }) => (health?.networks ?? []).map(revisionOf).join('; '),
  }),
  check({
    id: 'boot',
    group: 'agent',
    fine: 'the agent starts when the machine boots',
    needs: ['agent'],
    codes: ['doctor/not-at-boot'],
    judge: ({ agent: { startsAtBoot, bootRemedy: remedy } }) =>
      startsAtBoot ? [] : [found('doctor/not-at-boot', { remedy }, { severity: 'warning' })],
  }),
  check({
    id: 'folder',
    group: 'agent',
    fine: 'keys and states have room, and are closed to others',
    needs: ['folder'],
    codes: ['doctor/folder-full', 'doctor/folder-open'],
    judge: ({ folder }) => folderFindings(folder),
    detail: ({ folder: { freeBytes } }) => `${Math.floor(freeBytes / 2 ** 20)} MB free`,
  }),
];
