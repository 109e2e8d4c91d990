import type { CurrentMessage, Finding } from '#api';
import { plainFinding } from '#base';
import { describeChanges } from '#state';
import { agentErrors } from '../errors.ts';
import type { Report } from '../report.ts';
import { Alarms } from './alarms.ts';
import {
  type Commit,
  dueAt,
  held,
  isQuarantined,
  noCommit,
  proven,
  released,
  renamed,
  renewed,
  rolledBack,
  takenBack,
  tried,
} from './commit.ts';
import { Drift } from './drift.ts';
import { explained, findingsIn, findingsOf, list, messagesOf, textOf } from './findings.ts';
import { actIn, type Kept, KeptStates } from './kept.ts';
import { type Look, nothingDiffers } from './look.ts';
import type { Machine } from './machine.ts';
import { Notes } from './notes.ts';
import { touchesPath } from './path.ts';
import { reportOf, revertedReport } from './reports.ts';
import { Retry } from './retry.ts';
import { Saving } from './saving.ts';
import { Sights } from './sights.ts';
import { proofDelay } from './spread.ts';
import type { Holding, Surroundings } from './surroundings.ts';

/** A timer may be early by a little, ms: a look that comes too soon would find nothing due. */
const slack = 5;

/** Keeps the machine as one network wants it: tries, confirms, takes back, repairs (laws 4 and 8). */
export class Upkeep {
  readonly #network: string;
  readonly #machine: Machine;
  readonly #surroundings: Surroundings;
  readonly #kept: KeptStates;
  readonly #saving: Saving;
  #commit: Commit<Kept> = noCommit;
  /** What the server wants and the machine has not taken up. */
  #offer: Kept | undefined;
  /** What could not be done of what the machine holds, and why the offer is refused. */
  #failures: readonly Finding[] = [];
  #refused: readonly Finding[] = [];
  readonly #notes = new Notes((lines) => this.#say(list('to know', lines)));
  #complete = false;
  readonly sights: Sights;
  readonly #drift: Drift;
  #spread = 0;
  #kicked: Promise<Look> | undefined;
  readonly #retry: Retry;
  readonly #alarms = new Alarms<'retry' | 'due' | 'prove'>();
  #stopped = false;

  constructor(machine: Machine, network: string, surroundings: Surroundings) {
    this.#machine = machine;
    this.#network = network;
    this.#surroundings = surroundings;
    this.#kept = new KeptStates(machine.stateDir, network);
    this.#saving = new Saving(this.#kept, (line) => this.#say(line));
    this.#drift = new Drift((line) => this.#say(line), surroundings.tell, this.#notes);
    const kick = (): void => void this.kick();
    this.#retry = new Retry(machine.timings.resync, (ms) => this.#alarms.set('retry', ms, kick));
    this.sights = new Sights(machine, network, surroundings, kick, this.#notes);
  }

  /** Boot uses what was confirmed last. */
  start(): void {
    try {
      this.#commit = this.#kept.load(this.#machine.boot);
    } catch (error) {
      this.#failures = findingsIn(error);
      this.#say(list('what was confirmed last cannot be used', messagesOf(this.#failures)));
    }
    void this.kick();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#alarms.stop();
    this.sights.stop();
    await this.#kicked;
  }

  /** Looks, and does what is to be done, when it is its turn. */
  kick(): Promise<Look> {
    this.#kicked ??= this.#machine.turns.run(async () => {
      this.#kicked = undefined;
      return this.#stopped ? nothingDiffers : this.#pass();
    });
    return this.#kicked;
  }

  /** What the machine should be now. */
  get held(): Kept | undefined {
    return held(this.#commit);
  }

  get confirmed(): Kept | undefined {
    return this.#commit.confirmed;
  }

  /** Public keys by lane, of the tunnels that the machine has. */
  get keys(): Readonly<Record<string, string>> {
    return this.sights.keys(this.held?.state);
  }

  /** Bytes towards the peers, as far as known. */
  get mtu(): number | undefined {
    return this.sights.mtu;
  }

  /** Whether a state waits that will be taken back unless it is confirmed. */
  get isAtRisk(): boolean {
    return this.#dueAt !== undefined;
  }

  /** A state that is here, by its hash: what a delta may start from. */
  find(hash: string): Kept | undefined {
    return [this.#offer, this.held].find((known) => known?.hash === hash);
  }

  get #dueAt(): number | undefined {
    return dueAt(this.#commit, this.#machine.timings.confirm);
  }

  get #mayChange(): boolean {
    return this.#machine.pause.until === undefined && !this.#kept.isFrozen;
  }

  #say(line: string): void {
    this.#machine.log(`${this.#network}: ${line}`);
  }

  /** A server answered on a connection that began then. */
  answered(began: number): void {
    const before = this.#commit;
    this.#settle(proven(before, began));
    if (before.trial && !this.#commit.trial) this.#confirmed(before.trial.state);
    // Who answers may not have heard it.
    this.sights.again();
    this.#tellFailures();
  }

  /** What is confirmed may still not be whole: the last word on a state is what is wrong with it. */
  #tellFailures(): void {
    if (this.held && !this.#complete && this.#failures.length > 0) {
      this.#report(this.held, 'failed', [], this.#failures);
    }
  }

  #confirmed(state: Kept): void {
    this.#say(`revision ${state.rev} is confirmed`);
    this.#report(state, 'confirmed');
    this.#machine.store.settle(state.state, [this.held?.state, this.#offer?.state]);
  }

  /** The server wants this state. `spread`: ms over which all whom it told at once are to prove it. */
  offer(offer: Kept, spread = 0): void {
    this.#offer = offer;
    this.#spread = spread;
    this.#refused = [];
    if (isQuarantined(this.#commit, offer)) {
      this.#say(`revision ${offer.rev} rests on what was taken back: it is not tried`);
      this.#settle(renewed(this.#commit, offer));
      this.#reverted(offer);
    } else if (!this.#mayChange) this.#report(offer, 'held');
    this.#retry.anew();
    void this.kick();
  }

  /** The server wants what is here already, under a newer name perhaps; or what was taken back. */
  rename({ hash, epoch, rev, act }: Omit<CurrentMessage, 'type'>): void {
    if (this.#offer?.hash !== hash) this.#offer = undefined;
    this.#rename(hash, ({ act: _, ...kept }) => ({ ...kept, epoch, rev, ...actIn(epoch, act) }));
    this.#settle(renewed(this.#commit, { hash, ...actIn(epoch, act) }));
    const { confirmed, trial } = this.#commit;
    if (confirmed?.hash !== hash || trial) return;
    this.#report(confirmed, 'confirmed');
    this.#tellFailures();
  }

  /** Up to this act, as `actIn` names it, a state was what the machine should have. */
  restsOn(hash: string, { act }: Pick<Kept, 'act'>): void {
    if (act !== undefined) this.#rename(hash, (kept) => ({ ...kept, act }));
  }

  /** Another name for a state that is here. */
  #rename(hash: string, name: (kept: Kept) => Kept): void {
    if (this.#offer?.hash === hash) this.#offer = name(this.#offer);
    this.#settle(renamed(this.#commit, hash, name));
  }

  freeze(frozen: boolean): void {
    if (frozen !== this.#kept.isFrozen) this.#say(frozen ? 'frozen' : 'thawed');
    this.#kept.isFrozen = frozen;
    void this.kick();
  }

  /** What was taken back may be tried again. */
  release(): void {
    this.#settle(released(this.#commit));
    this.#retry.anew();
    void this.kick();
  }

  /** Goes back to what was so before. @throws agent/nothing-before */
  async rollback(): Promise<{ readonly from: number; readonly to: number | undefined }> {
    return this.#machine.turns.run(async () => {
      const from = held(this.#commit);
      const back = rolledBack(this.#commit);
      if (!from || !back)
        throw agentErrors.error('agent/nothing-before', { network: this.#network });
      this.#settle(back);
      this.#offer ??= from;
      this.#say(`revision ${from.rev} was taken back by a person`);
      this.#reverted(from);
      await this.#makeHeld();
      return { from: from.rev, to: held(back)?.rev };
    });
  }

  #settle(commit: Commit<Kept>): void {
    this.#commit = commit;
    this.#saving.save(commit);
    this.#alarms.clear('due');
    const due = this.#dueAt;
    if (due !== undefined)
      this.#alarms.set('due', due - performance.now() + slack, () => void this.kick());
  }

  async #pass(): Promise<Look> {
    try {
      this.#saving.again();
      const due = this.#dueAt;
      const isPaused = this.#machine.pause.until !== undefined;
      if (due !== undefined && due <= performance.now() && !isPaused) return await this.#takeBack();
      const offer = this.#offer;
      if (offer && this.#mayChange && !isQuarantined(this.#commit, offer)) {
        return await this.#try(offer);
      }
      return await this.#keep();
    } catch (error) {
      // The next pass may succeed; the machine stays as it is.
      this.#say(explained(error));
      this.#retry.later();
      return nothingDiffers;
    }
  }

  async #try(offer: Kept): Promise<Look> {
    const touches = touchesPath(
      this.#commit.confirmed?.state,
      offer.state,
      this.#surroundings.path(),
    );
    const report = await this.#reconcile(offer.state);
    if (!('changes' in report)) return this.#refuse(offer, report);
    this.#refused = [];
    if (this.#offer === offer) this.#offer = undefined;
    this.#settle(tried(this.#commit, { state: offer, touches, since: performance.now() }));
    this.sights.tellKeys(offer.state);
    const changes = describeChanges(report.changes);
    const notes = messagesOf(report.notes.map(plainFinding));
    const told = changes.length > 0 ? changes : ['no change'];
    this.#say(list(`revision ${offer.rev}`, [...notes, ...told]));
    this.#outcome(offer, findingsOf(report), changes, 'always');
    if (this.#commit.trial) this.#prove(touches);
    else this.#confirmed(offer);
    await this.sights.measure(offer.state);
    return { changed: true };
  }

  /** Nothing of it was done: what was there before is to stay, and it is tried again later. */
  async #refuse(offer: Kept, reasons: readonly Finding[]): Promise<Look> {
    const isNews = textOf(reasons) !== textOf(this.#refused);
    this.#refused = reasons;
    if (isNews) {
      this.#say(list(`revision ${offer.rev} is refused`, messagesOf(reasons)));
      this.#report(offer, 'failed', [], reasons);
    }
    this.#retry.later();
    return this.#keep();
  }

  /** A new connection shows whether the server can still be reached. */
  #prove(touches: boolean): void {
    const delay = touches ? 0 : proofDelay(this.#machine.timings.spread, this.#spread);
    this.#alarms.set('prove', delay, this.#surroundings.prove);
  }

  async #takeBack(): Promise<Look> {
    const { trial } = this.#commit;
    this.#settle(takenBack(this.#commit));
    if (trial) {
      this.#say(`revision ${trial.state.rev} cut this machine off from its server: taking it back`);
      this.#reverted(trial.state);
      this.#offer ??= trial.state;
    }
    await this.#makeHeld();
    this.#surroundings.prove();
    return { changed: true };
  }

  /** Makes the machine what it holds now, whatever it was, which is nobody's drift; nothing, if it holds nothing. */
  async #makeHeld(): Promise<void> {
    this.#complete = false;
    await (held(this.#commit) ? this.#keep() : this.sights.cleanup());
  }

  /** Brings the machine to a state, or says why that could not even be tried. */
  async #reconcile(state: Kept['state']): Promise<Report | readonly Finding[]> {
    try {
      await this.sights.choose(state);
      const report = await this.#machine.agent.reconcile(state);
      this.#notes.set(report.notes.map(plainFinding));
      return report;
    } catch (error) {
      return findingsIn(error);
    }
  }

  /** What became of a state that the machine holds: told where it is another than before. */
  #outcome(
    kept: Kept,
    failures: readonly Finding[],
    changes: readonly string[],
    tell: 'always' | 'news' = 'news',
  ): void {
    const isNews = textOf(failures) !== textOf(this.#failures);
    this.#failures = failures;
    this.#complete = failures.length === 0;
    void this.#machine.confinement.failed(failures);
    if (isNews && !this.#complete) {
      this.#say(list(`revision ${kept.rev} could not be done wholly`, messagesOf(failures)));
    }
    if (isNews || tell === 'always') {
      this.#report(kept, this.#complete ? 'applied' : 'failed', changes, failures);
    }
    if (this.#kept.boot !== this.#machine.boot) this.#kept.boot = this.#machine.boot;
    this.sights.follow(kept.state);
    if (!this.#complete) this.#retry.later();
    else if (this.#refused.length === 0) this.#retry.anew();
  }

  /** Keeps the machine as it should be; what differed although all was well is drift. */
  async #keep(): Promise<Look> {
    const kept = held(this.#commit);
    if (!kept) return nothingDiffers;
    // A machine that was booted has nothing: what it had is no change.
    const isBooted = this.#kept.boot !== this.#machine.boot;
    if (!this.#mayChange && !isBooted) return this.#watch(kept);
    this.#drift.left([]);
    const wasComplete = this.#complete;
    const report = await this.#reconcile(kept.state);
    if (!('changes' in report)) {
      this.#outcome(kept, report, []);
      return nothingDiffers;
    }
    const changes = describeChanges(report.changes);
    const isDrift = wasComplete && !this.sights.haveMoved && changes.length > 0;
    if (isDrift) this.#drift.repaired(changes);
    this.#outcome(kept, findingsOf(report), changes);
    return { changed: changes.length > 0 };
  }

  /** Nothing may be changed now. */
  async #watch({ state }: Kept): Promise<Look> {
    this.#drift.left(describeChanges(await this.#machine.agent.differences(state)));
    return nothingDiffers;
  }

  #report(...said: Parameters<typeof reportOf>): void {
    this.#surroundings.tell(reportOf(...said));
  }

  #reverted(kept: Kept): void {
    this.#surroundings.tell(revertedReport(kept, this.#commit));
  }

  holding(): Holding {
    const { confirmed, quarantined } = this.#commit;
    const failures = [...this.#refused, ...this.#failures];
    return {
      ...{ frozen: this.#kept.isFrozen, quarantined: quarantined.length },
      ...(this.held && { revision: this.held.rev }),
      ...(confirmed && { confirmed: confirmed.rev }),
      complete: this.#complete && this.#refused.length === 0 && this.#saving.isDone,
      failures: [...failures, ...this.#saving.failuresBeside(failures)],
      ...(this.#notes.all.length > 0 && { notes: this.#notes.all }),
      ...this.sights.counted,
    };
  }
}
