import type { Diagnostic } from '#base';
import { check } from '../check.ts';
import { found } from '../errors.ts';
import type { AgentSeen, Facts, ServerSeen } from '../facts.ts';
import { folderFindings } from './folder.ts';

/** Seconds that a clock may be off, and beyond which certificates and tokens cease to hold soon. */
const tolerated = 10;
const grave = 300;

/** ms before its end in which a certificate is told to end. */
const endsSoon = 7 * 86_400_000;

const hostOf = (server: string): string => new URL(server).hostname;

function reachable(server: ServerSeen): readonly Diagnostic[] {
  const { failure, untimely, server: at, throughTunnel } = server;
  const inside =
    throughTunnel === undefined
      ? []
      : [
          found(
            'doctor/server-in-tunnel',
            { server: at, address: hostOf(at), interface: throughTunnel },
            { severity: 'warning' },
          ),
        ];
  if (!failure || untimely) return inside;
  const code =
    failure.code === 'agent/wrong-server' ? 'doctor/wrong-server' : 'doctor/server-unreachable';
  return [found(code, { server: at, why: failure.message }), ...inside];
}

/** Where one server of a network answers, another one that does not is no fault yet. */
function unreachable(servers: Facts['servers']): readonly Diagnostic[] {
  const byNetwork = Map.groupBy(servers, ({ network = '' }) => network);
  return [...byNetwork.values()].flatMap((own) => {
    const some = own.some(({ failure }) => !failure);
    return own.flatMap(reachable).map((finding): Diagnostic => {
      const isOther = finding.code === 'doctor/server-unreachable' && some;
      return isOther ? { ...finding, severity: 'warning' } : finding;
    });
  });
}

/** What a server refuses, its own words mend; the rest is an agent that does not try again yet, or elsewhere. */
const reconnect = (reason: Diagnostic | undefined): string =>
  reason === undefined || reason.code === 'agent/no-connection'
    ? '`hawser agent restart`.'
    : reason.fix;

function unconnected(servers: Facts['servers'], { health }: AgentSeen): readonly Diagnostic[] {
  return (health?.networks ?? []).flatMap(({ network, connected, unreachable: reason }) => {
    const answers = servers.some((one) => one.network === network && !one.failure);
    if (connected || !answers) return [];
    const file = health?.supervisor?.log;
    const log = file === undefined ? 'journalctl -u hawser-agent' : `tail ${file}`;
    const why = reason?.message ?? 'it has not said why';
    return [found('doctor/not-connected', { network, why, fix: reconnect(reason), log })];
  });
}

function offClock({ server, ahead = 0 }: ServerSeen, now: Date): readonly Diagnostic[] {
  const seconds = Math.abs(ahead);
  if (seconds <= tolerated) return [];
  const direction = ahead > 0 ? 'ahead' : 'behind';
  const right = Math.round(now.getTime() / 1000 - ahead);
  const severity = seconds > grave ? 'error' : 'warning';
  return [found('doctor/clock', { seconds, direction, server, right }, { severity })];
}

function untimely({ server, failure, validTo, ...seen }: ServerSeen, now: Date) {
  if (seen.untimely) {
    const args = { server, now: now.toISOString(), detail: failure?.message ?? '' };
    return [found('doctor/certificate-time', args)];
  }
  const left = validTo === undefined ? Infinity : Date.parse(validTo) - now.getTime();
  if (left > endsSoon) return [];
  return [
    found('doctor/certificate-ends', { server, validTo: validTo ?? '' }, { severity: 'warning' }),
  ];
}

export const serverChecks = [
  check({
    id: 'server',
    group: 'server',
    fine: 'the server can be reached, is the one that is trusted, and the agent is connected',
    needs: ['servers', 'agent'],
    codes: [
      'doctor/server-unreachable',
      'doctor/wrong-server',
      'doctor/not-connected',
      'doctor/server-in-tunnel',
    ],
    judge: ({ servers, agent }) => [...unreachable(servers), ...unconnected(servers, agent)],
    detail: ({ servers }) => [...new Set(servers.map(({ server }) => server))].join(', '),
  }),
  check({
    id: 'clock',
    group: 'server',
    fine: "this machine's clock is right, by the server's, and its certificate holds",
    needs: ['servers', 'now'],
    codes: ['doctor/clock', 'doctor/certificate-time', 'doctor/certificate-ends'],
    judge: ({ servers, now }) =>
      servers.flatMap((server) => [...offClock(server, now), ...untimely(server, now)]),
    detail: ({ servers }) => {
      const known = servers.flatMap(({ ahead }) => ahead ?? []);
      return known.length === 0 ? 'no server answers' : `${Math.max(...known.map(Math.abs))} s off`;
    },
  }),
  check({
    id: 'serves',
    group: 'server',
    fine: 'the server on this machine has room, is closed to others, and starts at boot',
    needs: ['serverHere'],
    codes: ['doctor/server-not-at-boot', 'doctor/folder-full', 'doctor/folder-open'],
    judge: ({ serverHere }) => {
      const { startsAtBoot, bootRemedy: remedy } = serverHere;
      const severity = 'warning';
      return [
        ...folderFindings(serverHere),
        ...(startsAtBoot ? [] : [found('doctor/server-not-at-boot', { remedy }, { severity })]),
      ];
    },
    detail: ({ serverHere: { path } }) => path,
  }),
];
