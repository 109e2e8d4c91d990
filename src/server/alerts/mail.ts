import type { Alert, AlertTarget, Delivery } from '#api';

export type Mail = Extract<AlertTarget, { kind: 'mail' }>;

/** ms that a mail server has for each step. */
const patience = 10_000;

const isLocal = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(host);

/**
 * Sends alerts as one mail, over TLS; without only to a server on this very machine that asks for no password.
 * @throws Error that says why it was not taken
 */
export async function sendMail(
  { server, user, secret, authorities, from, to }: Mail,
  delivery: Delivery,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const { createTransport } = await import('nodemailer');
  const { protocol, hostname, port } = new URL(server);
  const isSecure = protocol === 'smtps:';
  const host = hostname.replace(/^\[|\]$/g, '');
  const transport = createTransport({
    host,
    port: Number(port) || (isSecure ? 465 : 587),
    secure: isSecure,
    requireTLS: !isSecure && !(isLocal(hostname) && secret === undefined),
    ...(secret !== undefined && { auth: { user: user ?? from, pass: secret } }),
    ...(authorities !== undefined && { tls: { ca: authorities } }),
    ...{ connectionTimeout: patience, greetingTimeout: patience, socketTimeout: patience },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  const stop = (): void => transport.close();
  signal.addEventListener('abort', stop);
  try {
    await transport.sendMail({
      ...{ from, to },
      messageId: `<${delivery.delivery.replaceAll('/', '.')}@hawser>`,
      subject: subjectOf(delivery),
      text: bodyOf(delivery),
      headers: { 'auto-submitted': 'auto-generated' },
    });
  } finally {
    signal.removeEventListener('abort', stop);
    transport.close();
  }
}

/** Characters of a subject. */
const longest = 120;

function subjectOf({ network, text, alerts }: Delivery): string {
  const gist =
    alerts.length === 1 ? text : `${alerts.length} alerts, the last: ${lineOf(alerts.at(-1))}`;
  const subject = `[${network}] ${gist}`;
  return subject.length > longest ? `${subject.slice(0, longest - 1)}…` : subject;
}

/** `critical: the tunnel between a and b is down: ...` */
export function lineOf(alert: Alert | undefined): string {
  if (!alert) return '';
  const { is, severity, text } = alert;
  return is === 'resolved' ? `resolved: ${text}` : `${is === 'test' ? 'test' : severity}: ${text}`;
}

const bodyOf = ({ network, receiver, alerts }: Delivery): string =>
  [
    ...alerts.map((alert) => `${alert.since}  ${lineOf(alert)}`),
    '',
    `From the server of the network ${network}, for ${receiver}. hawser alerts shows what is not well now,`,
    'hawser silence NAME --for 2h keeps a machine or site quiet.',
  ].join('\n');
