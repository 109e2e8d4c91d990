import { expected, type Shape, shapeOf, yamlText } from '../conform.ts';
import { FileSchema } from '../schema.ts';

/** A mapping of the file: where it stands, and its keys. */
interface Part {
  readonly path: string;
  readonly shape: Shape;
}

/** The mappings inside a value, outermost first, each with its path: `sites.<site>.hosts.<host>`. */
function partsOf(path: string, shape: Shape): readonly Part[] {
  const join = (key: string): string => (path === '' ? key : `${path}.${key}`);
  if (shape.anyOf) return shape.anyOf.flatMap((one) => partsOf(path, one));
  if (shape.items) return partsOf(`${path}[]`, shape.items);
  const chosen = Object.values(shape.patternProperties ?? {}).flatMap((inner) =>
    partsOf(join(`<${shape.called ?? 'name'}>`), inner),
  );
  if (!shape.properties) return chosen;
  const inner = Object.entries(shape.properties).flatMap(([key, one]) => partsOf(join(key), one));
  return [{ path, shape }, ...inner];
}

const innerOf = (shape: Shape): Shape | undefined =>
  Object.values(shape.patternProperties ?? {})[0];

/** The type of a value, in words. */
function typeOf(shape: Shape): string {
  if (shape.anyOf) return [...new Set(shape.anyOf.map(typeOf))].join(' or ');
  if (shape.items) return `list of ${shape.items.properties ? 'mappings' : typeOf(shape.items)}`;
  if (innerOf(shape)) return `mapping by ${shape.called ?? 'name'}`;
  if (shape.enum) return shape.enum.map((word) => `\`${String(word)}\``).join(', ');
  if (shape.type === 'integer') {
    return `whole number${shape.maximum === undefined ? '' : `, ${shape.minimum ?? 0} to ${shape.maximum}`}`;
  }
  return expected(shape).replace(/^a /, '');
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (value: unknown): string => (value === undefined ? '' : `\`${yamlText(value)}\``);

function rowOf(key: string, shape: Shape, required: boolean): string {
  const columns = [
    `\`${key}\``,
    typeOf(shape),
    required ? '**required**' : code(shape.default),
    shape.description ?? '',
    (shape.examples ?? []).map(code).join(', '),
  ];
  return `| ${columns.map(cell).join(' | ')} |`;
}

function render({ path, shape }: Part): string {
  const required = shape.required ?? [];
  const rows = Object.entries(shape.properties ?? {}).map(([key, one]) =>
    rowOf(key, one, required.includes(key)),
  );
  const later = shape.reserved ?? [];
  return [
    path === '' ? '## The top' : `## \`${path}\``,
    shape.description ?? '',
    ['| key | type | default | meaning | example |', '|---|---|---|---|---|', ...rows].join('\n'),
    ...(later.length > 0
      ? [`Reserved for later versions: ${later.map((key) => `\`${key}\``).join(', ')}.`]
      : []),
  ].join('\n\n');
}

const introduction = `<!-- Made from the schema in src/spec by scripts/generate.ts; edit that. -->

# The file

One YAML file says what a network should be; \`examples/\` holds whole ones. Its first line lets an
editor complete and check it:

\`\`\`yaml
# yaml-language-server: $schema=../schema/hawser.schema.json
\`\`\`

- **Names** of sites, machines, hosts and groups are DNS labels. Machines, hosts and groups share one
  namespace. Names are the identity of things: a machine that changes its name says \`was: old-name\`
  and keeps its key, address and history.
- **Ranges**: \`worker-[1-4]\` names four hosts, and \`192.168.66.[11-14]\` gives their addresses; both
  sides must be equally long. \`[01-10]\` keeps the width of its numbers. In lists, and for other YAML
  tools, put a range in quotes.
- **Selectors** in groups and policy: a machine or host, a range of names, a group, \`tag:x\`,
  \`site:x\`, a prefix or address, or \`all\`.
- **One or many**: where a list of texts is allowed, a single text is too.
- **Order** means something in three places: the first gateway of a site carries its subnets, and
  policy and tests are shown in the order of the file. Anything else may be shuffled.
- **Aliases and merges** (\`&common\`, \`*common\`, \`<<: *common\`) work as in YAML.
- **Several files**: an \`include\`d file has the shape of the whole. Its sites, members, groups, policy
  and tests are added; what stands in both is an error that names both places.
`;

/** The keys of the file as a document, from the schema: `docs/file-format.md`. */
export function generateFileFormat(): string {
  const parts = partsOf('', shapeOf(FileSchema)).map(render);
  return `${[introduction.trimEnd(), ...parts].join('\n\n')}\n`;
}
