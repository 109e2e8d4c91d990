import type { Facility } from '#state';
import type { Wish } from '../contract.ts';
import { isAdopted } from '../mark.ts';

/** Settings of the kernel, which have values of before. */
export const isSwitch = (facility: Facility): facility is 'sysctls' | 'forwarding' =>
  facility === 'sysctls' || facility === 'forwarding';

/** The device that an item is, or lies on. */
export const deviceOf = (item: object): string | undefined => {
  const { interface: tunnel, name, device, family } = item as Readonly<Record<string, unknown>>;
  if (family !== undefined) return undefined;
  const found = tunnel ?? device ?? name;
  return typeof found === 'string' ? found : undefined;
};

/** What is on an adopted device that nobody wishes for any more stays as it is. */
export const isGivenBack = (wish: Wish, facility: Facility, alias: string | undefined): boolean =>
  isAdopted(alias) &&
  (facility === 'peers' || facility === 'addresses') &&
  !wish.view.get('root')?.tunnels.size;
