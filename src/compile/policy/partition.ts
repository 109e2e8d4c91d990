import type { Address, PrefixSet } from '#ip';
import type { PolicyRule } from '#spec';

/** Addresses that the same rules name: no rule can tell two of them apart. */
export interface AddressClass {
  /** Indices into the policy, ascending. */
  readonly rules: readonly number[];
  readonly addresses: PrefixSet;
}

/** The policy as two partitions of the network's addresses, by who may send and by who may receive. */
export interface PolicyClasses {
  readonly rules: readonly PolicyRule[];
  /** Classes that at least one rule lets send. */
  readonly sources: readonly AddressClass[];
  /** Classes that at least one rule lets receive. */
  readonly destinations: readonly AddressClass[];
  /** For each rule, the source classes it names. */
  readonly sourcesOfRule: readonly (readonly AddressClass[])[];
  classOfSource(address: Address): AddressClass | undefined;
  classOfDestination(address: Address): AddressClass | undefined;
}
