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
