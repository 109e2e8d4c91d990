import type { MachineStatus, TraceResult, TunnelState, WhyChange, WhyState, WhyStep } from '#api';
import { isSilentBehind } from './forwarding-state.ts';

/** What is known of a step: also by which device and peer it should go, and why that could not be asked. */
export interface StepFound extends WhyStep {
  /** The tunnel's device, where the step goes by one. */
  readonly device?: string;
  /** What the machine said instead of a way. */
  readonly refused?: string;
}

export interface WhyFound {
  readonly trace: TraceResult;
  readonly steps: readonly StepFound[];
  readonly machines: readonly MachineStatus[];
  readonly counter?: { readonly machine: string; readonly name: string; readonly packets: number };
  readonly changes: readonly WhyChange[];
}

interface Verdict {
  readonly state: WhyState;
  readonly answer: readonly string[];
}

/** What each state of a tunnel on the way makes of a flow that may pass. */
const makesIt: Readonly<Record<TunnelState, WhyState>> = {
  up: 'passes',
  degraded: 'poor',
  unknown: 'unknown',
  stale: 'broken',
  down: 'broken',
  misconfigured: 'broken',
  never: 'broken',
  invited: 'broken',
};

/** How it is with a flow, by what should be and what is; in the words of who runs the network. Pure. */
export function whyOf(found: WhyFound): Verdict {
  const { state, reasons } = judged(found);
  return {
    state,
    answer: [
      headline(found.trace, state),
      ...reasons,
      ...countLine(found),
      ...lastChange(found, state),
    ],
  };
}

interface Judged {
  readonly state: WhyState;
  readonly reasons: readonly string[];
}

function judged({ trace, steps, machines }: WhyFound): Judged {
  const because = [`${trace.reason}${placeOf(trace)}`];
  if (trace.verdict === 'deny') return { state: 'refused', reasons: because };
  if (trace.verdict === 'unreachable') return { state: 'no-way', reasons: because };
  const faults = [
    ...steps.flatMap(faultOf),
    ...steps.flatMap((step) => notForwarded(step, steps)),
    ...machines.flatMap(cutOff),
  ];
  const doubts = [
    ...steps.flatMap((step) => tunnelTold(step, 'unknown')),
    ...machines.flatMap(doubtOf),
  ];
  const weak = steps
    .filter((step) => notForwarded(step, steps).length === 0)
    .flatMap((step) => tunnelTold(step, 'poor'));
  const reasons = [...faults, ...doubts, ...weak];
  if (faults.length > 0) return { state: 'broken', reasons };
  if (doubts.length > 0) return { state: 'unknown', reasons };
  return { state: weak.length > 0 ? 'poor' : 'passes', reasons: [...weak, ...because] };
}

const placeOf = ({ decision }: TraceResult): string =>
  decision?.file === undefined ? '' : ` (${decision.file}:${decision.line ?? 1})`;

function headline({ from, to, port }: TraceResult, state: WhyState): string {
  const flow = `${port} from ${from} to ${to}`;
  switch (state) {
    case 'refused':
      return `${flow} is refused`;
    case 'no-way':
      return `${flow} has no way`;
    case 'broken':
      return `${flow} may pass, and does not get through`;
    case 'unknown':
      return `${flow} may pass; whether it does, nobody can tell`;
    case 'poor':
      return `${flow} may pass, and does so badly`;
    default:
      return `${flow} may pass, and nothing of ours is in its way`;
  }
}

/** That a tunnel makes it so, where it does. */
function tunnelTold({ from, to, tunnel }: StepFound, so: WhyState): readonly string[] {
  if (!tunnel || makesIt[tunnel.state] !== so) return [];
  const words: Partial<Record<TunnelState, string>> = {
    never: 'was never up',
    invited: 'is not there yet',
  };
  const is = words[tunnel.state] ?? `is ${tunnel.state}`;
  return [`the tunnel between ${from} and ${to} ${is}: ${tunnel.why}`];
}

/** What keeps packets from the next machine, for sure. */
function faultOf(step: StepFound): readonly string[] {
  const { from, to, device, way, refused } = step;
  const faults = tunnelTold(step, 'broken');
  if (device === undefined) return faults;
  if (refused !== undefined) return [...faults, `${from} has no way there: ${refused}`];
  if (!way || way.peer === to) return faults;
  const instead = way.peer === undefined ? `by ${way.device}` : `to ${way.peer}`;
  return [...faults, `${from} should send it to ${to} by ${device}, and sends it ${instead}`];
}

/** Where the way goes on behind a gateway by its site's own network, that has to be reached through it. */
function notForwarded({ tunnel }: StepFound, steps: readonly StepFound[]): readonly string[] {
  const silent = tunnel?.ends.filter(
    (end) => isSilentBehind(end) && steps.some((step) => isOnSite(step, end.machine)),
  );
  return silent && silent.length > 0 ? [tunnel?.why ?? ''] : [];
}

const isOnSite = ({ from, to, tunnel }: StepFound, gateway: string): boolean =>
  !tunnel && (from === gateway || to === gateway);

/** Whoever is cut off has peers nowhere. */
const cutOff = ({ name, notes }: MachineStatus): readonly string[] =>
  notes.flatMap((note) =>
    note === 'revoked' || note.startsWith('expired') ? [`${name} is cut off: ${note}`] : [],
  );

/** Why a machine may be another than its network says. */
function doubtOf({ name, wanted, confirmed, failures, notes }: MachineStatus): readonly string[] {
  const told = failures.map(({ message }) => `${name}: ${message}`);
  const because = notes.filter((note) => /^(?:quarantined|needs-agent|paused|behind)/.test(note));
  const isBehind = because.length > 0 && wanted !== undefined && confirmed !== wanted;
  if (!isBehind) return told;
  const has = confirmed === undefined ? 'has no revision yet' : `still has revision ${confirmed}`;
  return [...told, `${name} ${has}, not ${wanted}: ${because.join(', ')}`];
}

const countLine = ({ counter }: WhyFound): readonly string[] =>
  counter
    ? [
        `what decides about it (${counter.name} at ${counter.machine}) has counted ${counter.packets} packets`,
      ]
    : [];

/** These say how it is, not why. */
const symptoms: ReadonlySet<string> = new Set([
  'up',
  'degraded',
  'down',
  'away',
  'back',
  'failing',
  'well',
]);

/** Where something is wrong, what changed last may be why. */
function lastChange({ changes }: WhyFound, state: WhyState): readonly string[] {
  const last = changes.find(({ kind }) => !symptoms.has(kind));
  if (!last || state === 'passes') return [];
  return [`what changed last on the way: ${last.text} (${last.at})`];
}
