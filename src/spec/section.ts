import type Type from 'typebox';
import type { Place } from '#base';
import type { Draft } from './draft.ts';
import type { Loose } from './origin.ts';

/** One key of the file: its schema, and how its value becomes a part of the network. */
export interface Section<S extends Type.TSchema = Type.TSchema, Part = unknown> {
  readonly schema: S;
  /**
   * Reads the key's value (undefined: absent or unreadable), resolves its references and reports to
   * the draft whatever does not hold. `at` is where the value begins.
   */
  read(value: Loose<Type.Static<S>> | undefined, draft: Draft, at: Place): Part;
}

/** Any section, where only its schema is of interest. */
export interface AnySection {
  readonly schema: Type.TSchema;
  read(value: never, draft: Draft, at: Place): unknown;
}

export const section = <S extends Type.TSchema, Part>(it: Section<S, Part>): Section<S, Part> => it;
