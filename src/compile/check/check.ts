import type { Diagnostic } from '#base';
import { Address } from '#ip';
import { formatPort, type PolicyTest, type Port } from '#spec';
import type { Route } from '#state';
import type { CheckResult, ManualLine, TestResult, Trace } from '../api.ts';
import { compileErrors } from '../errors.ts';
import type { Model } from '../model.ts';
import { hostRoutes, siteRouterRoutes } from '../project/host-routes.ts';
import { placesOf } from '../trace/places.ts';
import { sharedFamilies, trace } from '../trace/trace.ts';
import { causeOf } from './causes.ts';
import { outsidePolicy } from './outside.ts';
import { prove } from './proof.ts';

/** Everything there is to say about a linked network before anything is done with it. */
export function check(model: Model): CheckResult {
  const proof = prove(model);
  const tests = model.network.tests.map((test) => runTest(model, test));
  return {
    diagnostics: [
      ...model.diagnostics,
      ...proof.diagnostics,
      ...outsidePolicy(model),
      ...tests.flatMap(({ diagnostic }) => diagnostic ?? []),
    ],
    tests: tests.map(({ result }) => result),
    manual: manualLines(model),
    proof: { pairs: proof.pairs, classes: proof.classes },
  };
}

interface TestRun {
  readonly result: TestResult;
  readonly diagnostic?: Diagnostic;
}

/** A test holds when every address family the two share gives the expected verdict. */
function runTest(model: Model, test: PolicyTest): TestRun {
  const port: Port = test.port ?? { protocol: 'icmp' };
  const families = sharedFamilies(model, test.from, test.to);
  const asked = families.length > 0 ? families : [undefined];
  const traces = asked.map((family) => trace(model, test.from, test.to, port, family));
  const arrives = (t: Trace): boolean => t.verdict === 'allow' || t.verdict === 'outside';
  const failed = traces.find((t) => arrives(t) !== (test.expect === 'allow'));
  const [shown] = failed ? [failed] : traces;
  if (!shown) throw new RangeError('a test without a trace');
  const result: TestResult = {
    from: test.from,
    to: test.to,
    port: formatPort(port),
    expect: test.expect,
    verdict: shown.verdict,
    passed: failed === undefined,
  };
  if (!failed || isTold(model, test, failed)) return { result };
  const { passed: _, ...args } = result;
  const diagnostic = compileErrors.diagnostic(
    'compile/test-failed',
    { ...args, reason: failed.reason },
    { place: test.place },
  );
  return { result, diagnostic };
}

/** Whether a test fails by a cause that another finding tells already. */
function isTold(model: Model, { from, to }: PolicyTest, failed: Trace): boolean {
  if (failed.verdict !== 'unreachable' || failed.destination === '') return false;
  const { family } = Address.parse(failed.destination);
  const places = placesOf(model);
  return causeOf(model, places.station(from), places.station(to), family)?.told ?? false;
}

/**
 * What a person has to type on hosts whose routes nobody else sets, and on a site's own router where a
 * host has no gateway of ours in its subnet.
 */
function manualLines(model: Model): readonly ManualLine[] {
  const manual = [...model.hostsByName.values()].filter((host) => host.routes === 'manual');
  const behind = manual.filter((host) => hostRoutes(model, host.name).length === 0);
  const routers = [...new Set(behind.map((host) => host.site))].sort();
  return [
    ...manual.flatMap((host) => linesFor(host.name, hostRoutes(model, host.name))),
    ...routers.flatMap((site) => linesFor(`the router of ${site}`, siteRouterRoutes(model, site))),
  ];
}

const linesFor = (host: string, routes: readonly Route[]): readonly ManualLine[] =>
  routes.map(({ prefix, via }) => ({ host, line: `ip route replace ${prefix} via ${via}` }));
