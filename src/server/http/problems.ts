import type { Problem } from '#api';
import { type Diagnostic, DiagnosticsError, HawserError } from '#base';

/** HTTP status of codes that are not simply a bad request. */
const statusOf: Readonly<Record<string, number>> = {
  'api/unauthorized': 401,
  'api/no-token': 401,
  'api/session-over': 401,
  'api/forbidden': 403,
  'api/cross-site': 403,
  'api/other-network': 403,
  'api/other-machine': 403,
  'api/invite-used': 410,
  'api/invite-expired': 410,
  'api/invite-withdrawn': 410,
  'api/invite-waits': 409,
  'server/invite-agent': 409,
  'server/invite-has-key': 409,
  'server/invite-nobody': 409,
  'api/too-many-failures': 429,
  'server/login-by-token-only': 404,
  'server/login-provider-silent': 503,
  'server/login-refused': 403,
  'server/login-unproven': 403,
  'server/login-not-begun': 403,
  'server/login-no-role': 403,
  'server/login-revoked': 403,
  'api/not-found': 404,
  'api/no-network': 404,
  'api/too-large': 413,
  'api/not-json': 415,
  'api/strange-file': 422,
  'api/conflict': 409,
  'api/restored': 409,
  'api/plan-stale': 409,
  'api/name-taken': 409,
  'api/held': 409,
  'api/internal': 500,
  'api/unavailable': 503,
  'server/store-unreadable': 503,
  'server/commit-unknown': 503,
  'server/store-newer': 503,
  'server/thread-ended': 503,
  'server/disk-full': 507,
  'server/network-exists': 409,
  'server/not-held': 409,
  'server/not-connected': 409,
  'server/frozen': 409,
  'server/no-upgrade': 409,
  'server/upgrade-under-way': 409,
  'server/no-packages': 409,
  'server/older-than-package': 409,
  'server/second-person': 403,
  'server/too-few-persons': 409,
  'server/key-taken': 409,
  'server/key-made-there': 409,
  'server/key-moved': 409,
  'server/other-key': 409,
  'server/not-managed': 409,
  'server/rotation-runs': 409,
  'server/preshared-runs': 409,
  'server/alert-not-taken': 409,
  'server/bad-receiver': 422,
  'server/no-rotation': 409,
  'server/rotation-too-far': 409,
};

/** What is wrong with a file, or with what was asked of a network, can be read and not be done. */
const unprocessable = 422;

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  408: 'Request Timeout',
  410: 'Gone',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  507: 'Insufficient Storage',
};

function statusFor(code: string): number {
  const known = statusOf[code];
  if (known !== undefined) return known;
  return code.startsWith('api/') ? 400 : unprocessable;
}

const finding = ({ code, severity, message, fix, place, text }: Diagnostic) => ({
  code,
  severity,
  message,
  fix,
  ...(place && { place }),
  ...(text !== undefined && { text }),
});

const problem = (
  { code, message, fix }: Omit<Diagnostic, 'severity'>,
  status: number,
): Problem => ({
  type: `urn:hawser:error:${code}`,
  title: titles[status] ?? 'Error',
  status,
  detail: message,
  code,
  fix,
});

/** Problem details of an error whose status is another one than its code's. */
export const problemWith = (error: HawserError, status: number): Problem => problem(error, status);

/** An error that says besides what others did meanwhile. */
export class Conflict extends HawserError {
  readonly since: readonly string[];

  constructor(error: HawserError, since: readonly string[]) {
    super(error);
    this.since = since;
  }
}

/** An error after which one may ask again in so many seconds. */
export class TooSoon extends HawserError {
  readonly seconds: number;

  constructor(error: HawserError, seconds: number) {
    super(error);
    this.seconds = seconds;
  }
}

/** Problem details (RFC 9457) of an error with a code; undefined for any other error. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof DiagnosticsError) {
    const [first] = error.diagnostics;
    if (!first) return undefined;
    const whole = problem(first, statusFor(first.code));
    return { ...whole, errors: error.diagnostics.map(finding) };
  }
  if (!(error instanceof HawserError)) return undefined;
  const single = problem(error, statusFor(error.code));
  if (error instanceof Conflict) return { ...single, since: [...error.since] };
  return error.place ? { ...single, errors: [finding(error)] } : single;
}
