import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Each metric with its labels, as docs/metrics.md has them; a test of the server keeps that page true. */
const described = new Map(
  [...read('docs/metrics.md').matchAll(/^\| `(hawser_\w+)` \|([^|]*)\|/gm)].map(
    ([, name = '', labels = '']) => [name, new Set(labels.split(',').map((one) => one.trim()))],
  ),
);

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly annotations: Readonly<Record<string, string>>;
    }[];
  }[];
}
interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}

const rules = (parse(read('packaging/grafana/alerts.yaml')) as Rules).groups.flatMap(
  (group) => group.rules,
);
const { panels } = JSON.parse(read('packaging/grafana/dashboard.json')) as Dashboard;

const asked: readonly (readonly [name: string, expr: string, words: string])[] = [
  ...rules.map(
    ({ alert, expr, annotations }) => [alert, expr, Object.values(annotations).join(' ')] as const,
  ),
  ...panels.flatMap(({ title, targets }) =>
    targets.map(({ expr, legendFormat }) => [title, expr, legendFormat] as const),
  ),
];

test.each(asked)('%s asks for metrics that there are, and names their labels', (_, expr, words) => {
  const names = expr.match(/hawser_\w+/g) ?? [];
  expect(names).not.toEqual([]);
  const labels = names.flatMap((name) => [...(described.get(name) ?? [`no metric ${name}`])]);
  for (const [, label] of words.matchAll(/\{\{ ?(?:\$labels\.)?([a-z]+) ?\}\}/g)) {
    expect(labels).toContain(label);
  }
  expect(labels.filter((label) => label.startsWith('no metric'))).toEqual([]);
});

test('every panel and rule has a name of its own', () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
});
