import type { Diagnostic } from '#base';
import { errors } from '../errors.ts';
import type { Network } from '../network.ts';

/** What this version reads and checks, and does not build: refused, so that nobody takes it for done. */
export function unbuilt({ segments }: Network): readonly Diagnostic[] {
  return segments.map(({ name, place }) => {
    const args = {
      what: `segment \`${name}\``,
      hint: 'Take it out until a version of Hawser builds segments.',
    };
    return errors.diagnostic('spec/not-built', args, { place, text: name });
  });
}
