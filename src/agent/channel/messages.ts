import Type from 'typebox';
import { Compile } from 'typebox/compile';
import {
  Challenge,
  CurrentMessage,
  DeltaMessage,
  FreezeMessage,
  PendingMessage,
  RefusedMessage,
  RemovedMessage,
  RetryMessage,
  StateMessage,
  type ToAgent,
  TrustMessage,
  UpgradeMessage,
} from '#api';
import { agentErrors } from '../errors.ts';

/** What servers say, by its name. A state itself is checked by who reads it. */
const known = {
  challenge: Compile(Challenge),
  state: Compile(Type.Object({ ...StateMessage.properties, state: Type.Unknown() })),
  delta: Compile(DeltaMessage),
  current: Compile(CurrentMessage),
  pending: Compile(PendingMessage),
  trust: Compile(TrustMessage),
  freeze: Compile(FreezeMessage),
  removed: Compile(RemovedMessage),
  refused: Compile(RefusedMessage),
  retry: Compile(RetryMessage),
  upgrade: Compile(UpgradeMessage),
} satisfies Readonly<Record<ToAgent['type'], { Check(value: unknown): boolean }>>;

const isKnown = (type: unknown): type is ToAgent['type'] =>
  typeof type === 'string' && Object.hasOwn(known, type);

/**
 * A frame of the channel as a message; undefined for one of a kind that a newer server may know.
 * @throws agent/bad-message
 */
export function readMessage(text: string): ToAgent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw agentErrors.error('agent/bad-message', { why: 'it is no JSON' }, { cause });
  }
  const type = (value as { readonly type?: unknown } | null)?.type;
  if (!isKnown(type)) return undefined;
  if (known[type].Check(value)) return value as ToAgent;
  throw agentErrors.error('agent/bad-message', {
    why: `a ${type} message lacks what it should say`,
  });
}
