import type { Change } from '#state';
import type { Failure } from '../contract.ts';
import { Missing, neededDevice, needs } from '../needs.ts';
import { isNotClosed, notClosed } from '../segment-guard.ts';
import { withoutBridge } from '../veth/ways.ts';
import type { FakeKernel } from './kernel.ts';

/** What failed so far, and what is not tried for that. */
export class Hindered {
  readonly failures: Failure[] = [];
  readonly #kernel: FakeKernel;
  readonly #missing: ReadonlyMap<string, Missing>;

  constructor(kernel: FakeKernel, changes: readonly Change[]) {
    const spaces = Map.groupBy(changes, ({ namespace }) => namespace);
    this.#kernel = kernel;
    this.#missing = new Map([...spaces].map(([name, all]) => [name, new Missing(name, all, [])]));
  }

  add(failure: Failure): void {
    this.failures.push(failure);
    this.#missing.get(failure.change.namespace)?.add([failure]);
  }

  /** Why a change is not tried, if it is not. */
  find(change: Change): Failure | undefined {
    const { namespace } = change;
    const isLost = this.failures.some(
      ({ change: one }) => one.facility === 'spaces' && one.namespace === namespace,
    );
    if (isLost) return needs(change, namespace);
    if (namespace !== 'root' && !this.#kernel.spaces.has(namespace)) return undefined;
    if (isNotClosed(change, this.failures)) return notClosed(change);
    if (this.#missing.get(namespace)?.stops(change)) return needs(change, neededDevice(change));
    return withoutBridge([change], this.failures)[0];
  }
}
