import type { Facility, ForwardingItem, ItemTypes } from '#state';
import { forwardingPath } from './kernel.ts';

/** What an item of these facilities sets in the kernel. */
export const settingOf = (facility: Facility, item: object): readonly [string, string] => {
  const { path, value } = item as ItemTypes['sysctls'];
  const { device, family } = item as ForwardingItem;
  return facility === 'sysctls' ? [path, value] : [forwardingPath(device, family), '1'];
};
