import type { CheckResult } from '../api.ts';
import type { Model } from '../model.ts';
import { manualRoutes, routeLine } from './manual.ts';
import { checkNames, namesResult } from './names.ts';
import { outsidePolicy } from './outside.ts';
import { prove } from './proof.ts';
import { checkSegmentMtus, mtusToTell } from './segment-mtu.ts';
import { proveSegments } from './segments.ts';
import { runTest } from './tests.ts';

/** Everything there is to say about a linked network before anything is done with it. */
export function check(model: Model): CheckResult {
  const proof = prove(model);
  const inside = proveSegments(model);
  const names = namesResult(model);
  const mtus = mtusToTell(model);
  const tests = model.network.tests.map((test) => runTest(model, test));
  return {
    diagnostics: [
      ...model.diagnostics,
      ...checkNames(model),
      ...checkSegmentMtus(model),
      ...proof.diagnostics,
      ...inside.diagnostics,
      ...outsidePolicy(model),
      ...tests.flatMap(({ diagnostic }) => diagnostic ?? []),
    ],
    tests: tests.map(({ result }) => result),
    manual: [...manualRoutes(model)].flatMap(([host, routes]) =>
      routes.map((route) => ({ host, line: routeLine(route) })),
    ),
    ...(names && { names }),
    ...(mtus.length > 0 && { mtus }),
    proof: {
      pairs: proof.pairs,
      classes: proof.classes,
      ...(inside.pairs > 0 && {
        inside: { pairs: inside.pairs, classes: inside.classes, outside: inside.outside },
      }),
    },
  };
}
