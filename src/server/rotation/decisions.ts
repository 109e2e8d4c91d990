import { apiErrors, type RotationPlan } from '#api';
import {
  advanced,
  awaited,
  begun,
  ended,
  type Facts,
  fileHolders,
  homeIn,
  inPhase,
  partnersOf,
  portHolder,
  type Rotation,
  type RotationPhase,
  rotationPorts,
} from '#compile';
import { serverErrors } from '../errors.ts';
import type { Basis } from '../network/basis.ts';
import type { Decision } from '../network/edit.ts';
import { withFacts } from '../network/enrol.ts';

/** Seconds that a detour stays: as long as WireGuard keeps a session (whitepaper, 6.1). */
const usualLinger = 180;

export interface RotationRequest {
  readonly machine: string;
  readonly now?: boolean | undefined;
  readonly port?: number | undefined;
  readonly linger?: number | undefined;
}

/** Who decides, and when, RFC 3339. */
export interface Signed {
  readonly author: string;
  readonly at: string;
}

export interface Beginning extends Signed {
  readonly request: RotationRequest;
}

/** What a server has seen of a rotation that is under way. */
export interface News {
  /** Machines that have reached the phase. */
  readonly reached: readonly string[];
  readonly at: string;
  /** Since when the phase is that has lasted as long as it should. */
  readonly lingered?: string | undefined;
}

/** What a rotation would do, apart from who is there to take part. */
export type RotationEffect = Omit<RotationPlan, 'waits'>;

/** @throws api/not-found, server/key-in-file, server/rotate-file-holder, server/rotation-port */
function requireRotatable({ compiled, machines }: Basis, request: RotationRequest): void {
  const { machine, now, port } = request;
  const node = compiled.model.nodesByName.get(machine);
  if (!node) throw apiErrors.error('api/not-found', { what: `machine ${machine} with a key` });
  if (!node.machine.managed) throw serverErrors.error('server/rotate-file-holder', { machine });
  if (node.machine.publicKey !== undefined) {
    throw serverErrors.error('server/key-in-file', { machine });
  }
  if (machines.get(machine)?.enrolment !== 'enrolled' || node.publicKey === undefined) {
    throw apiErrors.error('api/not-found', { what: `machine ${machine} that joined` });
  }
  if (now || port === undefined) return;
  const holder = portHolder(compiled.model, machine, port);
  if (holder !== undefined) throw serverErrors.error('server/rotation-port', { holder, port });
}

/** What a rotation would do. @throws as `requireRotatable` */
export function rotationEffect(basis: Basis, request: RotationRequest): RotationEffect {
  requireRotatable(basis, request);
  const { model } = basis.compiled;
  const { machine, now = false, port } = request;
  return {
    machine,
    impact: now ? 'session' : 'none',
    partners: now ? [] : [...partnersOf(model, machine)],
    ports: now ? [] : [...rotationPorts(model, machine, port)],
    stale: [...fileHolders(model, machine)],
  };
}

/** The rotation that is under way. @throws server/no-rotation */
function rotationOf({ stored }: Basis): Rotation {
  const { rotation } = stored.facts;
  if (rotation) return rotation;
  throw serverErrors.error('server/no-rotation', { network: stored.network });
}

/** Begins a machine's change of key. @throws server/rotation-runs, and as `requireRotatable` */
export function rotationBegun(basis: Basis, { request, author, at }: Beginning): Decision {
  const { facts } = basis.stored;
  const { machine, now = false, port, linger = usualLinger } = request;
  if (facts.rotation) {
    throw serverErrors.error('server/rotation-runs', { machine: facts.rotation.machine });
  }
  requireRotatable(basis, request);
  const retired = facts.keys[machine]?.[homeIn(facts, machine)];
  const files = fileHolders(basis.compiled.model, machine);
  const rotation: Rotation = {
    machine,
    phase: now ? 'now' : 'prepare',
    since: at,
    partners: partnersOf(basis.compiled.model, machine),
    reached: [],
    without: [],
    ...(!now && files.length > 0 && { files }),
    ...(now && retired !== undefined && { retired }),
    ...(port !== undefined && { port }),
    linger,
  };
  const detail = { machine, now };
  return { author, action: 'rotate', detail, compiled: withFacts(basis, begun(facts, rotation)) };
}

/** Phases in which nobody takes the detour yet. */
const nobodyMoved: readonly RotationPhase[] = ['prepare', 'detour'];

/** Whether the old key is there to go back to, since others have it in a file. */
const stillOld = ({ phase, files = [] }: Rotation): boolean =>
  files.length > 0 && (phase === 'rekey' || phase === 'prove');

/** Gives a rotation up. @throws server/no-rotation, server/rotation-too-far */
export function rotationAborted(basis: Basis, { author, at }: Signed): Decision | undefined {
  const rotation = rotationOf(basis);
  const { machine, phase, retired } = rotation;
  const { facts } = basis.stored;
  if (phase === 'return' || phase === 'undo') return undefined;
  const base = { author, action: 'rotate-abort', detail: { machine, phase } } as const;
  const hasOldKey = facts.keys[machine]?.[homeIn(facts, machine)] === retired;
  if (nobodyMoved.includes(phase) || (phase === 'now' && hasOldKey)) {
    return { ...base, compiled: withFacts(basis, ended(facts)) };
  }
  const next = phase === 'moved' ? 'return' : stillOld(rotation) ? 'undo' : undefined;
  if (!next) throw serverErrors.error('server/rotation-too-far', { machine });
  return { ...base, compiled: withFacts(basis, inPhase(facts, rotation, next, at)) };
}

/** Phases that need the machine itself: it is its key. */
const needsItself: readonly RotationPhase[] = ['prepare', 'detour', 'moved', 'rekey', 'prove'];

export interface Finish extends Signed {
  /** Only without this one. */
  readonly only?: string | undefined;
}

/**
 * Lets a rotation go on without those that have not reached its phase.
 * @throws server/no-rotation, server/rotation-needs, api/not-found
 */
export function rotationFinished(basis: Basis, { author, only }: Finish): Decision | undefined {
  const rotation = rotationOf(basis);
  const { machine, phase, reached } = rotation;
  const all = awaited(basis.compiled.model).filter((name) => !reached.includes(name));
  if (only !== undefined && !all.includes(only)) {
    throw apiErrors.error('api/not-found', { what: `machine ${only} that the change waits for` });
  }
  const late = only === undefined ? all : [only];
  if (late.length === 0) return undefined;
  if (late.includes(machine) && needsItself.includes(phase)) {
    throw serverErrors.error('server/rotation-needs', { machine });
  }
  const without = [...new Set([...rotation.without, ...late])].sort();
  const facts = { ...basis.stored.facts, rotation: { ...rotation, without } };
  const detail = { machine, phase, without: late };
  return { author, action: 'rotate-finish', detail, compiled: withFacts(basis, facts) };
}

/** What becomes of a rotation by what a server has seen; undefined: nothing yet. */
export function rotationTurned(
  basis: Basis,
  { reached, at, lingered }: News,
): Decision | undefined {
  const { facts } = basis.stored;
  const { model } = basis.compiled;
  const { rotation } = facts;
  if (!rotation) return undefined;
  const { machine, phase } = rotation;
  const detail = { machine, phase };
  if (!model.turn) {
    return {
      author: 'server',
      action: 'rotate-end',
      detail,
      compiled: withFacts(basis, ended(facts)),
    };
  }
  // Who became a peer meanwhile makes the detour, too.
  const partners = phase === 'prepare' ? partnersOf(model, machine) : rotation.partners;
  const isStill = partners.join() === rotation.partners.join();
  const all = [...new Set([...rotation.reached, ...reached])].sort();
  if (isStill && awaited(model).every((name) => all.includes(name)) && isDue(rotation, lingered)) {
    const next = withFiles(advanced(facts, at), fileHolders(model, machine));
    const action = next.rotation ? 'rotate-phase' : 'rotate-end';
    return { author: 'server', action, detail, compiled: withFacts(basis, next) };
  }
  if (isStill && all.length === rotation.reached.length) return undefined;
  const next = { ...facts, rotation: { ...rotation, partners, reached: all } };
  return { author: 'server', compiled: withFacts(basis, next) };
}

/** Who was given a file meanwhile has the old key in it, too. */
function withFiles(facts: Facts, holders: readonly string[]): Facts {
  const { rotation } = facts;
  if (rotation?.phase !== 'files') return facts;
  const files = [...new Set([...(rotation.files ?? []), ...holders])].sort();
  return { ...facts, rotation: { ...rotation, files } };
}

const isDue = ({ phase, since }: Rotation, lingered: string | undefined): boolean =>
  phase !== 'linger' || since === lingered;
