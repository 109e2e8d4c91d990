import { existsSync, readFileSync } from 'node:fs';
import type { Place } from '#base';
import { readSections } from '#wireguard';
import { wgQuickFolder } from './brought.ts';

/** A setting of wg-quick's that the agent does not do. */
export interface Hook {
  readonly name: string;
  readonly place: Place;
}

const undone = /^(?:pre|post)(?:up|down)$|^dns$/i;

/** What wg-quick did for an interface besides the tunnel; values are not told, they may hold secrets. */
export function hooksOf(device: string, folder = wgQuickFolder): readonly Hook[] {
  const file = `${folder}/${device}.conf`;
  if (!existsSync(file)) return [];
  return readSections(readFileSync(file, 'utf8'), file)
    .flatMap(({ entries }) => entries)
    .filter(({ name }) => undone.test(name))
    .map(({ name, place }) => ({ name, place }));
}
