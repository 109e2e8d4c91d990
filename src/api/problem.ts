import Type, { type Static } from 'typebox';

const PlaceSchema = Type.Object({
  file: Type.String(),
  line: Type.Integer(),
  column: Type.Integer(),
});

/** A finding as it travels: `Diagnostic` of `#base`. */
export const Finding = Type.Object({
  code: Type.String(),
  severity: Type.Union([Type.Literal('error'), Type.Literal('warning')]),
  message: Type.String(),
  fix: Type.String(),
  place: Type.Optional(PlaceSchema),
  text: Type.Optional(Type.String()),
});
export type Finding = Static<typeof Finding>;

/** Problem details (RFC 9457) with the catalogue's code and remedy; `errors` where there are several. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  code: Type.String(),
  fix: Type.String(),
  errors: Type.Optional(Type.Array(Finding)),
  /** Of a conflict: what others did since, a line each. */
  since: Type.Optional(Type.Array(Type.String())),
});
export type Problem = Static<typeof Problem>;

export const problemType = 'application/problem+json';
