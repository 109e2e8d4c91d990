import Type, { type Static } from 'typebox';
import { closed } from './closed.ts';

/**
 * A name of somebody outside. As long as an address is its, by DNS, it is an element of the set `v4` or `v6` of this
 * table of the family `inet`. None that lies in `never` becomes one, whatever DNS says.
 */
export const Lookup = Type.Object(
  {
    host: Type.String(),
    table: Type.String(),
    v4: Type.Optional(Type.String()),
    v6: Type.Optional(Type.String()),
    never: Type.Array(Type.String()),
  },
  closed,
);
export type Lookup = Static<typeof Lookup>;
