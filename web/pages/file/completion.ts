import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import schema from '../../../schema/hawser.schema.json' with { type: 'json' };

/** As much of JSON Schema as the file's has. */
interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly type?: string | readonly string[];
}

const choices = (one: Schema): readonly Schema[] =>
  one.anyOf ? one.anyOf.flatMap(choices) : [one];

/** What stands under a key, or in a list under `-`. */
function under(schemas: readonly Schema[], key: string): readonly Schema[] {
  return schemas.flatMap((one) => {
    if (key === '-') return one.items ? choices(one.items) : [];
    const own = one.properties?.[key];
    if (own) return choices(own);
    const named = Object.entries(one.patternProperties ?? {}).filter(([pattern]) =>
      new RegExp(pattern).test(key),
    );
    if (named.length > 0) return named.flatMap(([, found]) => choices(found));
    return typeof one.additionalProperties === 'object' ? choices(one.additionalProperties) : [];
  });
}

const indentOf = (line: string): number => line.search(/[^ -]|$/);

/** The keys under which a line stands, by how far those above it are indented. */
export function pathAt(lines: readonly string[], indent: number): readonly string[] {
  const path: string[] = [];
  let limit = indent;
  for (const line of lines.toReversed()) {
    if (/^\s*(#.*)?$/.test(line) || limit === 0) continue;
    const [, space = '', dash = '', key] = /^( *)((?:- +)?)(?:"?([\w.-]+)"?:)?/.exec(line) ?? [];
    const column = space.length + dash.length;
    if (key !== undefined && column < limit) {
      path.unshift(key);
      limit = column;
    }
    if (dash !== '' && space.length < limit) {
      path.unshift('-');
      limit = space.length + 1;
    }
  }
  return path;
}

const optionsOf = (schemas: readonly Schema[]): readonly Completion[] => {
  const keys = schemas.flatMap(({ properties = {} }) => Object.entries(properties));
  return [...new Map(keys)].map(([label, { description }]) => ({
    ...{ label, type: 'property', apply: `${label}: ` },
    ...(description !== undefined && { info: description }),
  }));
};

const valuesOf = (schemas: readonly Schema[]): readonly Completion[] =>
  schemas.flatMap((one) => {
    const all = one.type === 'boolean' ? [true, false] : (one.enum ?? []);
    return all.map((value) => ({ label: String(value), type: 'constant' }));
  });

/** Offers the keys that the file may have where the cursor is, and values where few are possible. */
export function complete(context: CompletionContext): CompletionResult | null {
  const { text, from, number } = context.state.doc.lineAt(context.pos);
  const before = text.slice(0, context.pos - from);
  const above = context.state.doc
    .toString()
    .split('\n')
    .slice(0, number - 1);
  const [, key] = /^[ -]*"?([\w.-]+)"?: +[\w-]*$/.exec(before) ?? [];
  const path = pathAt(above, indentOf(before));
  const dashed = /^ *- /.test(before) && path.at(-1) !== '-' ? ['-'] : [];
  const whole = key === undefined ? [...path, ...dashed] : [...path, ...dashed, key];
  const found = whole.reduce(under, choices(schema as Schema));
  const isKey = /^[ -]*[\w-]*$/.test(before);
  if (!isKey && key === undefined) return null;
  const word = context.matchBefore(/[\w-]*$/);
  if (word && word.from === word.to && !context.explicit) return null;
  const start = key === undefined ? from + indentOf(before) : (word?.from ?? context.pos);
  return { from: start, options: [...(key === undefined ? optionsOf(found) : valuesOf(found))] };
}
