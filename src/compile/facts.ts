import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import { canonicalJson } from '#base';
import { compileErrors } from './errors.ts';
import { emptyFacts, type Facts, rotationPhases } from './inputs.ts';

const Text = Type.String();
const FactsSchema = Type.Object({
  inventory: Type.Object({ machines: Type.Array(Type.Never()) }),
  ledger: Type.Object({
    addresses: Type.Record(Text, Type.Array(Text)),
    tombstones: Type.Record(Text, Type.Integer()),
  }),
  keys: Type.Record(Text, Type.Record(Text, Text)),
  observations: Type.Object({
    mtu: Type.Record(Text, Type.Integer()),
    endpoints: Type.Record(Text, Text),
    clouds: Type.Optional(Type.Record(Text, Text)),
  }),
  adopted: Type.Optional(Type.Record(Text, Type.Boolean())),
  homes: Type.Optional(Type.Record(Text, Type.Integer())),
  preshared: Type.Optional(Type.Object({ from: Type.Integer(), have: Type.Array(Text) })),
  revoked: Type.Optional(
    Type.Record(
      Text,
      Type.Object({
        why: Type.Union([Type.Literal('revoked'), Type.Literal('expired')]),
        at: Text,
      }),
    ),
  ),
  rotation: Type.Optional(
    Type.Object({
      machine: Text,
      phase: Type.Union(rotationPhases.map((phase) => Type.Literal(phase))),
      since: Text,
      partners: Type.Array(Text),
      reached: Type.Array(Text),
      without: Type.Array(Text),
      files: Type.Optional(Type.Array(Text)),
      retired: Type.Optional(Text),
      port: Type.Optional(Type.Integer()),
      linger: Type.Number(),
    }),
  ),
});
const FactsFile = Type.Object({
  format: Type.Literal(1),
  networks: Type.Record(Text, FactsSchema),
});
type FactsFile = Static<typeof FactsFile>;

/** The name of the file beside the network's own that holds its facts. */
export const factsFileName = 'hawser.facts.json';

/**
 * The facts of a network, from the text of a facts file (which may hold those of several networks);
 * empty if the file has none. Throws `compile/facts-unreadable`.
 */
export function parseFacts(text: string, network: string, file = factsFileName): Facts {
  return readFile(text, file).networks[network] ?? emptyFacts;
}

/** The text of the facts file with one network's facts put in: sorted, one line a leaf, for git. */
export function writeFacts(text: string | undefined, network: string, facts: Facts): string {
  const old: FactsFile =
    text === undefined ? { format: 1, networks: {} } : readFile(text, factsFileName);
  const next = { ...old, networks: { ...old.networks, [network]: facts } };
  return `${JSON.stringify(JSON.parse(canonicalJson(next)), null, 2)}\n`;
}

function readFile(text: string, file: string): FactsFile {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw compileErrors.error(
      'compile/facts-unreadable',
      { file, reason: String(cause) },
      { cause },
    );
  }
  if (Value.Check(FactsFile, data)) return data;
  const first = [...Value.Errors(FactsFile, data)][0];
  const reason = `${first?.instancePath || 'the top'}: ${first?.message ?? 'unexpected'}`;
  throw compileErrors.error('compile/facts-unreadable', { file, reason });
}
