import type { Diagnostic } from '#base';
import { Address } from '#ip';
import { formatPort, type PolicyTest, type Port } from '#spec';
import type { TestResult, Trace } from '../api.ts';
import { compileErrors } from '../errors.ts';
import type { Model } from '../model.ts';
import { placesOf } from '../trace/places.ts';
import { stationOf } from '../trace/segment.ts';
import { sharedFamilies, trace } from '../trace/trace.ts';
import { causeOf } from './causes.ts';

export interface TestRun {
  readonly result: TestResult;
  readonly diagnostic?: Diagnostic;
}

/** A test holds when every address family the two share gives the expected verdict. */
export function runTest(model: Model, test: PolicyTest): TestRun {
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
  if (stationOf(model, from) ?? stationOf(model, to)) return false;
  const { family } = Address.parse(failed.destination);
  const places = placesOf(model);
  return causeOf(model, places.station(from), places.station(to), family)?.told ?? false;
}
