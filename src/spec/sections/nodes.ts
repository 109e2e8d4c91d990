import type { Static } from 'typebox';
import type { Draft } from '../draft.ts';
import { readMachine, type Surroundings } from '../machine.ts';
import type { Machine } from '../network.ts';
import { entriesOf, type Loose, placeOfKey, textsOf } from '../origin.ts';
import { readRanges } from '../ranges.ts';
import * as words from '../vocabulary.ts';
import { tunnelMachine } from './tunnel-machine.ts';

const ClusterNode = words.mapping(
  {
    ...tunnelMachine,
    pods: words.optional(
      words.oneOrMany({
        description: 'The pod ranges (pod CIDRs) that live on the node.',
        examples: ['10.128.2.0/23'],
      }),
    ),
  },
  {
    title: 'Node',
    description: 'A node of a cluster, with a tunnel of its own.',
    examples: [{ endpoint: '203.0.113.11:5555', address: '10.10.0.11', pods: '10.128.0.0/23' }],
  },
  ['rank', 'lanes'],
);

export const Nodes = words.named(ClusterNode, 'node', {
  description:
    'The nodes of a cluster site, each with its own endpoint and pod range, instead of gateways. In a mesh every node peers with every node of every other site.',
});

export function readNodes(
  nodes: Loose<Static<typeof Nodes>> | undefined,
  around: Surroundings,
  draft: Draft,
): readonly Machine[] {
  return entriesOf(nodes).map(([name, source]) => ({
    ...readMachine(name, 'node', source, placeOfKey(nodes, name), around, draft),
    pods: readRanges(
      textsOf(source, 'pods'),
      (text) => `pod range ${text} of node \`${name}\``,
      draft,
    ),
  }));
}
