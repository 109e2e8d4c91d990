import { shapeOf } from '../conform.ts';
import { FileSchema } from '../schema.ts';

/** Annotations of vocabulary.ts that mean something to this code only. */
const inner = new Set(['fault', 'reserved', 'called']);

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !inner.has(key))
      .map(([key, item]) => [key, key === 'examples' || key === 'default' ? item : strip(item)]),
  );
}

/**
 * The JSON Schema of the file (draft 2020-12), for editors: `schema/hawser.schema.json`. An included
 * file has the same shape without the keys that only the whole needs, so nothing is required there;
 * editors see that by `anyOf`.
 */
export function generateSchema(): string {
  const { required = [], ...shape } = shapeOf(FileSchema);
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...(strip(shape) as object),
    required,
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}
