import type { Kysely } from 'kysely';
import {
  addAlerts,
  alerts,
  cursor,
  noteProgress,
  putCursor,
  putReceiver,
  putSilence,
  putTrouble,
  receivers,
  removeReceiver,
  silences,
  trimAlerts,
  troubles,
} from './alerts.ts';
import { addAudit, audit, trimAudit } from './audit.ts';
import type { Transaction } from './contract.ts';
import { addEvents, events, lastEvents, trimEvents } from './events.ts';
import { handshakes, putHandshakes, removeHandshakes } from './handshakes.ts';
import { historyChunks, putHistoryChunk, trimHistory } from './history.ts';
import { machines, putMachine, removeMachine } from './machines.ts';
import type { Dialect } from './migrations.ts';
import {
  addRevision,
  changeNetwork,
  createNetwork,
  head,
  network,
  networks,
  packedFiles,
  rejectRevision,
  releaseRevision,
  requested,
  revision,
  revisions,
} from './networks.ts';
import { putSetting, setting } from './settings.ts';
import type { Tables } from './tables.ts';
import { putToken, tokenByHash, tokens } from './tokens.ts';
import { putTold, toldAfter, trimTold } from './told.ts';

/** The networks that a transaction changed; `undefined` stands for what belongs to none. */
export type Touched = Set<string | undefined>;

/** The contract's words on one open transaction of a database; notes what it changes in `touched`. */
export function transactionOn(
  db: Kysely<Tables>,
  touched: Touched,
  dialect: Pick<Dialect, 'now'>,
): Transaction {
  const touching = <T>(name: string | undefined, work: Promise<T>): Promise<T> => {
    touched.add(name);
    return work;
  };
  return {
    network: (name) => network(db, name),
    head: (name) => head(db, name),
    packedFiles: (name, number) => packedFiles(db, name, number),
    networks: () => networks(db),
    createNetwork: (name, epoch, first) => touching(name, createNetwork(db, name, epoch, first)),
    addRevision: (name, next) => touching(name, addRevision(db, name, next)),
    releaseRevision: (name, number, approver) =>
      touching(name, releaseRevision(db, name, number, approver)),
    rejectRevision: (name, number) => touching(name, rejectRevision(db, name, number)),
    revisions: (name, options) => revisions(db, name, options),
    revision: (name, number) => revision(db, name, number),
    requested: (name, request) => requested(db, name, request),
    putFacts: (name, facts) => touching(name, changeNetwork(db, name, { facts })),
    setFrozen: (name, frozen) => touching(name, changeNetwork(db, name, { frozen })),
    machines: (name) => machines(db, name),
    putMachine: (machine) => touching(machine.network, putMachine(db, machine)),
    removeMachine: (name, machine) => touching(name, removeMachine(db, name, machine)),
    tokens: () => tokens(db),
    tokenByHash: (hash) => tokenByHash(db, hash),
    putToken: (token) => touching(undefined, putToken(db, token)),
    addAudit: (entry) => addAudit(db, entry),
    audit: (options) => audit(db, options),
    trimAudit: (options) => trimAudit(db, options),
    addEvents: (name, list) => touching(name, addEvents(db, name, list)),
    events: (name, query) => events(db, name, query),
    lastEvents: (name, kinds) => lastEvents(db, name, kinds),
    trimEvents: (name, bounds) => trimEvents(db, name, bounds),
    cursor: (name) => cursor(db, name),
    putCursor: (name, seq) => putCursor(db, name, seq),
    receivers: (name) => receivers(db, name),
    putReceiver: (receiver) => touching(receiver.network, putReceiver(db, receiver)),
    noteProgress: (of, progress) => noteProgress(db, of, progress),
    removeReceiver: (name, receiver) => removeReceiver(db, name, receiver),
    addAlerts: (name, list) => addAlerts(db, name, list),
    alerts: (name, options) => alerts(db, name, options),
    troubles: (name) => troubles(db, name),
    putTrouble: (name, subject, trouble) => putTrouble(db, name, subject, trouble),
    silences: (name) => silences(db, name),
    putSilence: (name, one) => touching(name, putSilence(db, name, one)),
    trimAlerts: (name, before) => trimAlerts(db, name, before),
    historyChunks: (of, range) => historyChunks(db, of, range),
    putHistoryChunk: (of, chunk, data) => putHistoryChunk(db, of, chunk, data),
    trimHistory: (step, before) => trimHistory(db, step, before),
    putTold: (name, told) => putTold(db, dialect, name, told),
    told: (name, options) => toldAfter(db, dialect, name, options),
    trimTold: (name, options) => trimTold(db, dialect, name, options),
    handshakes: (name) => handshakes(db, name),
    putHandshakes: (name, all) => putHandshakes(db, name, all),
    removeHandshakes: (name, all) => removeHandshakes(db, name, all),
    setting: (key) => setting(db, key),
    putSetting: (key, value) => touching(undefined, putSetting(db, key, value)),
  };
}
