import type fc from 'fast-check';
import { stringify } from 'yaml';
import type { Draft } from './draft.ts';
import { draftOf } from './meaning.ts';
import { networkSeed, type Size } from './seeds.ts';

/** Random networks of a size that an exhaustive walk can cover. */
export const drafts = (size: Size = {}): fc.Arbitrary<Draft> => networkSeed(size).map(draftOf);

/** The file's text. */
export const yamlOf = (draft: Draft): string => stringify(draft);
