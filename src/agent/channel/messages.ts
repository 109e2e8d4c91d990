import Type, { type TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
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
  TryMessage,
  UpgradeMessage,
} from '#api';
import { agentErrors } from '../errors.ts';

/** What servers say, by its name. A state itself is checked by who reads it. */
const known = {
  challenge: Challenge,
  state: Type.Object({ ...StateMessage.properties, state: Type.Unknown() }),
  delta: DeltaMessage,
  current: CurrentMessage,
  pending: PendingMessage,
  trust: TrustMessage,
  freeze: FreezeMessage,
  removed: RemovedMessage,
  refused: RefusedMessage,
  retry: RetryMessage,
  upgrade: UpgradeMessage,
  try: TryMessage,
} satisfies Readonly<Record<ToAgent['type'], TSchema>>;

/** Made when the first message of its kind comes: most runs of the program see none. */
const validators = new Map<TSchema, Validator>();

function validatorOf(schema: TSchema): Validator {
  const validator = validators.get(schema) ?? Compile(schema);
  validators.set(schema, validator);
  return validator;
}

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
  if (validatorOf(known[type]).Check(value)) return value as ToAgent;
  throw agentErrors.error('agent/bad-message', {
    why: `a ${type} message lacks what it should say`,
  });
}
