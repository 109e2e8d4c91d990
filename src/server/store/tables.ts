import type { Generated, Selectable } from 'kysely';

/**
 * The tables, alike on both engines: times as RFC 3339 text, yes and no as 1 and 0, what has a shape of
 * its own as JSON text.
 */
export interface Tables {
  networks: NetworksTable;
  revisions: RevisionsTable;
  machines: MachinesTable;
  tokens: TokensTable;
  audit: AuditTable;
  settings: { key: string; value: string };
  events: EventsTable;
  history: HistoryTable;
  /** How far somebody has read the events, by who that is. */
  cursors: { name: string; seq: number };
  receivers: ReceiversTable;
  alerts: AlertsTable;
  /** What is not well, by what it concerns. */
  troubles: { network: string; subject: string; data: string };
  silences: SilencesTable;
  told: ToldTable;
  handshakes: HandshakesTable;
}

interface NetworksTable {
  network: string;
  epoch: string;
  /** Of the revision that is the network's own. */
  current: number;
  /** The counter: the last number given out, also to a held revision. */
  counter: number;
  facts: string;
  frozen: number;
}

interface RevisionsTable {
  network: string;
  number: number;
  epoch: string;
  kind: string;
  at: string;
  author: string;
  why: string;
  state: string;
  summary: string;
  files: string;
  request: string | null;
  person: string | null;
  approver: string | null;
}
export type RevisionRow = Omit<Selectable<RevisionsTable>, 'files' | 'request' | 'person'>;

interface MachinesTable {
  network: string;
  name: string;
  identity: string;
  enrolment: string;
  keys: string;
  joined_at: string;
  tags: string;
  ephemeral: number;
  person: string | null;
  /** Seconds. */
  member_life: number | null;
  confirmed: number | null;
  quarantined: number | null;
}
export type MachineRow = Selectable<MachinesTable>;

interface TokensTable {
  id: string;
  hash: string;
  role: string;
  name: string;
  network: string | null;
  created: string;
  expires: string | null;
  uses_left: number | null;
  tags: string;
  ephemeral: number;
  admits: number;
  last_used: string | null;
  revoked: number;
  person: string | null;
  /** Seconds. */
  member_life: number | null;
}
export type TokenRow = Selectable<TokensTable>;

interface AuditTable {
  seq: Generated<number>;
  at: string;
  actor: string;
  action: string;
  network: string | null;
  revision: number | null;
  detail: string;
}
export type AuditRow = Selectable<AuditTable>;

interface EventsTable {
  seq: Generated<number>;
  network: string;
  at: string;
  kind: string;
  machine: string | null;
  other: string | null;
  service: string | null;
  text: string;
}
export type EventRow = Selectable<EventsTable>;

interface HistoryTable {
  network: string;
  /** The machines of a tunnel, in the order of their names. */
  a: string;
  b: string;
  /** Seconds from point to point. */
  step: number;
  /** Which chunk, counted from 1970 in its own length. */
  chunk: number;
  data: string;
}

interface ReceiversTable {
  network: string;
  name: string;
  target: string;
  filter: string;
  made: string;
  /** Of the last alert that was sent. */
  sent: number;
  state: string;
}

interface AlertsTable {
  seq: Generated<number>;
  network: string;
  at: string;
  is: string;
  severity: string;
  kind: string;
  since: string;
  machine: string | null;
  other: string | null;
  service: string | null;
  sites: string | null;
  text: string;
}
export type AlertRow = Selectable<AlertsTable>;

interface SilencesTable {
  id: string;
  network: string;
  machine: string | null;
  site: string | null;
  began: string;
  ends: string;
  author: string;
  why: string | null;
}
export type SilenceRow = Selectable<SilencesTable>;

interface ToldTable {
  network: string;
  identity: string;
  what: string;
  server: string;
  since: string;
  /** Counts what is put, in each network. */
  version: number;
  /** By the clock of the database, ms since 1970. */
  at: number;
  data: string;
}
export type ToldRow = Selectable<ToldTable>;

interface HandshakesTable {
  network: string;
  /** Two who shook hands, in the order of their text. */
  a: string;
  b: string;
  at: string;
}
