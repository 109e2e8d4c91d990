import type { Diagnostic } from '#base';
import { Address, type Family } from '#ip';
import { formatPort, type PolicyTest, type Port } from '#spec';
import type { TestResult, Trace } from '../api.ts';
import { compileErrors } from '../errors.ts';
import type { Model } from '../model.ts';
import { placesOf } from '../trace/places.ts';
import { hostOf, routerIn } from '../trace/router.ts';
import { stationOf } from '../trace/segment.ts';
import { meetInSegment, sharedFamilies, trace } from '../trace/trace.ts';
import { causeOf } from './causes.ts';
import { leakOf } from './leaks.ts';

export interface TestRun {
  readonly result: TestResult;
  readonly diagnostic?: Diagnostic;
}

const portOf = (test: PolicyTest): Port => test.port ?? { protocol: 'icmp' };

/** By which families a test asks: those of its ends, or of the address or the name outside that it is for. */
function familiesOf(model: Model, { from, to }: PolicyTest): readonly Family[] {
  const address = Address.tryParse(to);
  if (address) return [address.family];
  const sender = stationOf(model, from);
  const router = sender && routerIn(model, sender.segment.name);
  if (!router || !hostOf(router, to)) return sharedFamilies(model, from, to);
  const own = sender.station.addresses.map(({ family }) => family);
  return router.families.filter((one) => own.includes(one));
}

/** From where it is seen at its end. */
const seenFrom = ({ hops, source }: Trace): string => hops.at(-1)?.source ?? source;

/** Whether what arrives comes from another address than it is to. */
const isMasked = ({ as }: PolicyTest, found: Trace): boolean =>
  as !== undefined && String(as) !== seenFrom(found);

/** A test holds when every address family the two share gives the expected verdict. */
export function runTest(model: Model, test: PolicyTest): TestRun {
  if (test.outside) return runOutside(model, test, test.outside);
  const port = portOf(test);
  const families = familiesOf(model, test).filter((one) => !test.as || test.as.family === one);
  const asked = families.length > 0 ? families : [undefined];
  const traces = asked.map((family) => trace(model, test.from, test.to, port, family));
  const arrives = (t: Trace): boolean => t.verdict === 'allow' || t.verdict === 'outside';
  const failed = traces.find((t) => arrives(t) !== (test.expect === 'allow') || isMasked(test, t));
  const [shown] = failed ? [failed] : traces;
  if (!shown) throw new RangeError('a test without a trace');
  const result: TestResult = {
    from: test.from,
    to: test.to,
    port: formatPort(port),
    expect: test.expect,
    verdict: shown.verdict,
    ...(test.as && { as: String(test.as), ...(arrives(shown) && { source: seenFrom(shown) }) }),
    passed: failed === undefined,
  };
  if (!failed || isTold(model, test, failed)) return { result };
  return { result, diagnostic: findingOf(test, result, failed) };
}

function findingOf(test: PolicyTest, result: TestResult, failed: Trace): Diagnostic {
  const { from, to, port, expect, verdict } = result;
  const { place } = test;
  if (verdict === 'allow' && expect === 'allow' && isMasked(test, failed)) {
    const args = { from, to, port, as: String(test.as), source: seenFrom(failed) };
    return compileErrors.diagnostic('compile/test-source', args, { place });
  }
  const args = { from, to, port, expect, verdict, reason: failed.reason };
  return compileErrors.diagnostic('compile/test-failed', args, { place });
}

/** Whether anything leaves that is not among what the test leaves out. */
function runOutside(
  model: Model,
  test: PolicyTest,
  except: NonNullable<PolicyTest['outside']>,
): TestRun {
  const leak = leakOf(model, test.from, test.port, except);
  const { from, to, expect } = test;
  const verdict = leak ? 'allow' : 'deny';
  const port = test.port ? formatPort(test.port) : 'any port';
  const result: TestResult = { from, to, port, expect, verdict, passed: verdict === expect };
  if (result.passed) return { result };
  const reason = leak?.reason ?? 'nothing else does';
  const args = { from, to, port, expect, verdict, reason };
  return {
    result,
    diagnostic: compileErrors.diagnostic('compile/test-failed', args, { place: test.place }),
  };
}

/** Whether a test fails by a cause that another finding tells already. */
function isTold(model: Model, { from, to }: PolicyTest, failed: Trace): boolean {
  if (failed.verdict !== 'unreachable' || failed.destination === '') return false;
  if (meetInSegment(model, from, to)) return false;
  const { family } = Address.parse(failed.destination);
  const places = placesOf(model);
  const target = Address.tryParse(to);
  const receiver = target ? places.owner(target) : places.station(to);
  if (!receiver) return false;
  return causeOf(model, places.station(from), receiver, family)?.told ?? false;
}
