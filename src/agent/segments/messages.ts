import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { mostInPart } from './log.ts';

const Text = Type.String({ maxLength: 128 });
const Count = Type.Integer({ minimum: 0 });

/** Addresses that one message speaks of. */
export const mostSpokenOf = 64;
const Some = Type.Array(Text, { maxItems: mostSpokenOf });

/** What gateways of a segment tell each other: a line of JSON each. Fields that are not known mean nothing. */
export const Message = Type.Union([
  Type.Object({
    type: Type.Literal('part'),
    segment: Text,
    id: Text,
    from: Count,
    to: Count,
    put: Type.Array(Type.Tuple([Text, Text, Count]), { maxItems: mostInPart }),
    del: Type.Array(Text, { maxItems: mostInPart }),
    more: Type.Optional(Type.Boolean()),
  }),
  /** Whoever has one of these on its port is to say so; it may have to look first. */
  Type.Object({
    type: Type.Literal('ask'),
    segment: Text,
    addresses: Some,
  }),
  /** These, which the one called has, are those of this machine on the caller's port: are they there still? */
  Type.Object({
    type: Type.Literal('claim'),
    segment: Text,
    of: Some,
    mac: Type.Optional(Text),
  }),
  /** They are: what was claimed stays where it is. */
  Type.Object({ type: Type.Literal('kept'), segment: Text, of: Some }),
  /**
   * From who is called, first of all: up to which number it knows the caller's tables, and which messages it
   * understands besides `part`, `ask` and `beat`, which all do.
   */
  Type.Object({
    type: Type.Literal('have'),
    tables: Type.Record(Text, Type.Tuple([Text, Count])),
    hears: Type.Optional(Type.Array(Text, { maxItems: mostSpokenOf })),
  }),
  Type.Object({ type: Type.Literal('beat') }),
]);
export type Message = Static<typeof Message>;

/** What came after the first agents that speak of segments: they hang up on it, so it is said to none that did not ask for it. */
export const laterMessages = ['claim', 'kept'] as const satisfies readonly Message['type'][];

const types: ReadonlySet<string> = new Set(['part', 'ask', 'have', 'beat', ...laterMessages]);

const compile = () => Compile(Message);
let made: ReturnType<typeof compile> | undefined;

/** A message of a line; `later` where an agent that came after us may understand it, undefined where it is none. */
export function messageOf(line: string): Message | 'later' | undefined {
  made ??= compile();
  try {
    const value: unknown = JSON.parse(line);
    if (made.Check(value)) return value;
    const { type } = value as { readonly type?: unknown };
    return typeof type === 'string' && !types.has(type) ? 'later' : undefined;
  } catch {
    return undefined;
  }
}
