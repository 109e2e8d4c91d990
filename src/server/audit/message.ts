import type { AuditEntry } from '#api';

/** Facility "log audit" and severity "notice" (RFC 5424, section 6.2.1). */
const priority = 13 * 8 + 5;
/** Bytes that receivers are sure to take whole; UDP has no more than 65,507. */
const longest = 8192;

export interface Sender {
  readonly host: string;
  readonly pid: number;
}

/** JSON in ASCII, so that no receiver has to guess how it is encoded. */
const ascii = (value: unknown): string =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });

/** An entry as one line; where it would be too long its details are left out and said to be. */
export function lineOf(entry: AuditEntry, room = longest): string {
  const line = ascii(entry);
  return line.length <= room ? line : ascii({ ...entry, detail: { cut: line.length } });
}

/** A name as RFC 5424 wants it: printable ASCII without blanks. */
const printable = (text: string, most: number): string =>
  text.replaceAll(/[^!-~]/g, '_').slice(0, most) || '-';

/** An entry as a syslog message (RFC 5424): what happened is its MSGID, all of it the JSON after. */
export function messageOf(entry: AuditEntry, { host, pid }: Sender): string {
  const head = [
    `<${priority}>1`,
    entry.at,
    printable(host, 255),
    'hawser',
    pid,
    printable(entry.action, 32),
    '-',
  ].join(' ');
  return `${head} ${lineOf(entry, longest - head.length - 1)}`;
}
