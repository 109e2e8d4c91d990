import { canonicalJson } from '#base';
import { formatPort, type PolicyTest } from '#spec';
import type { TestResult } from '../api.ts';
import { runTest } from '../check/tests.ts';
import type { Model } from '../model.ts';
import { stationOf } from '../trace/segment.ts';
import { everyName } from './names.ts';

/** Tests of the new file that fail, and did not before. */
export function failingTests(before: Model, after: Model): readonly TestResult[] {
  const names = new Set(everyName(before));
  const wasThere = (name: string): boolean => names.has(name) || !!stationOf(before, name);
  const failedBefore = new Set(
    before.network.tests
      .filter(({ from, to }) => wasThere(from) && wasThere(to))
      .filter((test) => !runTest(before, test).result.passed)
      .map(keyOf),
  );
  return after.network.tests
    .filter((test) => !failedBefore.has(keyOf(test)))
    .map((test) => runTest(after, test).result)
    .filter(({ passed }) => !passed);
}

const keyOf = ({ from, to, port, expect, as, outside }: PolicyTest): string =>
  canonicalJson([
    ...[from, to, port ? formatPort(port) : 'icmp', expect, String(as ?? '')],
    ...(outside ? [...outside.prefixes.map(String), ...outside.hosts] : []),
  ]);
