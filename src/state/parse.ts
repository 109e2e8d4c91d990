import { Compile } from 'typebox/compile';
import { stateErrors } from './errors.ts';
import { facilityVersions } from './facilities.ts';
import { HostState, hostStateFormat } from './schema.ts';

const compile = () => Compile(HostState);

/** Made when the first state is read: most runs of the program read none. */
let made: ReturnType<typeof compile> | undefined;

const validator = () => (made ??= compile());

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  value !== null && typeof value === 'object' ? (value as Fields) : {};

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw stateErrors.error('state/not-json', { detail: (cause as Error).message }, { cause });
  }
}

function requireFormat(state: Fields): void {
  const { format } = state;
  if (typeof format !== 'number' || format <= hostStateFormat) return;
  throw stateErrors.error('state/format-too-new', { format, supported: hostStateFormat });
}

/** A facility is what has a version; other fields that we do not know may be there. */
function requireFacilities(namespace: string, facilities: Fields): void {
  for (const [facility, value] of Object.entries(facilities)) {
    const version = fieldsOf(value)['v'];
    const supported = facilityVersions[facility] ?? 0;
    if (typeof version !== 'number' || version <= supported) continue;
    throw stateErrors.error('state/facility-too-new', { namespace, facility, version, supported });
  }
}

/**
 * Reads a HostState from JSON text or a parsed value. Unknown fields are kept and mean nothing; what
 * this agent is too old for is refused as a whole, never stripped.
 * @throws state/not-json, state/malformed, state/format-too-new, state/facility-too-new
 */
export function parseHostState(input: unknown): HostState {
  const value = typeof input === 'string' ? readJson(input) : input;
  const fields = fieldsOf(value);
  requireFormat(fields);
  for (const [name, namespace] of Object.entries(fieldsOf(fields['namespaces']))) {
    requireFacilities(name, fieldsOf(namespace));
  }
  if (validator().Check(value)) return value;
  const [first] = validator().Errors(value);
  const path = first?.instancePath || '/';
  throw stateErrors.error('state/malformed', { path, detail: first?.message ?? 'unknown' });
}
