import { type Shape, shapeOf } from '../conform.ts';
import { FileSchema } from '../schema.ts';

/** Annotations of vocabulary.ts that mean something to this code only. */
const inner = new Set(['fault', 'reserved', 'called']);

/** A mapping that needs no key may be left without value, as in `master:`. */
const mayBeEmpty = (shape: Shape): boolean => shape.type === 'object' && !shape.required;

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (value === null || typeof value !== 'object') return value;
  const shape = shapeOf(value);
  return Object.fromEntries(
    Object.entries({ ...shape, ...(mayBeEmpty(shape) && { type: ['object', 'null'] }) })
      .filter(([key]) => !inner.has(key))
      .map(([key, item]) => [key, key === 'examples' || key === 'default' ? item : strip(item)]),
  );
}

/** The JSON Schema of the file (draft 2020-12), for editors: `schema/hawser.schema.json`. */
export function generateSchema(): string {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...(strip(FileSchema) as object),
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}
