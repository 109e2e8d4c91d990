/** What is taken out of texts, by its kind. */
export type Kind = 'token' | 'key' | 'private key' | 'password' | 'header' | 'long word';

export type Counts = Readonly<Partial<Record<Kind, number>>>;

export interface Redacted {
  readonly text: string;
  readonly counts: Counts;
}

interface Rule {
  readonly kind: Kind;
  readonly pattern: RegExp;
  /** What stays of a match; undefined: all of it, since it is no secret. */
  readonly keep: (match: readonly string[], known: ReadonlySet<string>) => string | undefined;
}

const mark = (kind: Kind): string => `[${kind} left out]`;

/** A word with letters of both cases and digits may be anything; names and hashes are not so. */
const isRandom = (word: string): boolean =>
  /[a-z]/.test(word) && /[A-Z]/.test(word) && /\d/.test(word);

/** Base64 that is no path: those have more slashes. */
const isBase64 = (word: string): boolean => isRandom(word) && word.split('/').length < 5;

const secretNames =
  'pass(?:word|wd|phrase)|secret|token|psk|api[_-]?key|private[_-]?key|preshared[_-]?key';

const rules: readonly Rule[] = [
  {
    kind: 'private key',
    pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    keep: () => '',
  },
  {
    kind: 'token',
    pattern: /\bhawser-(admin|operator|viewer|join)-[\w-]{8,}/g,
    keep: ([, role]) => `hawser-${role}-`,
  },
  { kind: 'token', pattern: /\beyJ[\w-]{16,}(?:\.[\w-]+)*/g, keep: () => '' },
  {
    kind: 'header',
    pattern:
      /\b((?:proxy-)?authorization|(?:set-)?cookie)("?\s*[:=]\s*)("(?:[^"\\\n]|\\.)*"|[^\n]*)/gi,
    keep: ([, name, between]) => `${name}${between}`,
  },
  {
    kind: 'token',
    pattern: /\b(Bearer|Basic) +[\w.~+/=-]{6,}/g,
    keep: ([, scheme]) => `${scheme} `,
  },
  // Of JSON, YAML, the environment, and command lines; what a state says of secrets are objects.
  {
    kind: 'password',
    pattern: new RegExp(
      `((?:\\b|_)(?:${secretNames})["']?[ \\t]*[:=][ \\t]*)("(?:[^"\\\\\\n]|\\\\.)*"|'[^'\\n]*'|[^\\s{[][^\\n]*)`,
      'gi',
    ),
    keep: ([, name]) => name ?? '',
  },
  {
    kind: 'password',
    pattern: /\b(\w+:\/\/[^\s:/@]+:)[^\s/@]+(?=@)/g,
    keep: ([, before]) => before ?? '',
  },
  // 32 bytes in base64: a public key that is known here, or one of any kind that is not.
  {
    kind: 'key',
    pattern: /(?<![\w+/])[A-Za-z\d+/]{43}=(?![\w=])/g,
    keep: ([key = ''], known) => (known.has(key) ? undefined : ''),
  },
  {
    kind: 'long word',
    // A key that may stay is taken as one word, lest a part of it before a `+` be another.
    pattern: /(?<![\w+/])[A-Za-z\d+/]{43}=(?![\w=])|(?<![\w./-])[\w-]{32,}(?![\w./=-])/g,
    keep: ([word = ''], known) => (known.has(word) || !isRandom(word) ? undefined : ''),
  },
  {
    kind: 'long word',
    pattern: /(?<![\w.+/-])[A-Za-z\d+][A-Za-z\d+/]{39,}={0,2}(?![\w.+/=-])/g,
    keep: ([word = ''], known) => (known.has(word) || !isBase64(word) ? undefined : ''),
  },
];

/**
 * Takes out of a text what is or may be a secret. `known`: public keys and pins, which may stay.
 * What is not known is taken for a secret, not the other way round.
 */
export function redact(text: string, known: ReadonlySet<string>): Redacted {
  const counts: Partial<Record<Kind, number>> = {};
  let result = text;
  for (const { kind, pattern, keep } of rules) {
    result = result.replace(pattern, (...args: unknown[]) => {
      const match = args.filter((one): one is string => typeof one === 'string');
      const kept = keep(match, known);
      if (kept === undefined || match[0]?.includes(mark(kind))) return match[0] ?? '';
      counts[kind] = (counts[kind] ?? 0) + 1;
      return `${kept}${mark(kind)}`;
    });
  }
  return { text: result, counts };
}

const ofSecret = new RegExp(`(?:^|_)(?:${secretNames}|authorization|cookie)$`, 'i');

/** The same for data: each text in it by itself, so that it stays data; what is none is a text. */
export function redactJson(text: string, known: ReadonlySet<string>): Redacted {
  try {
    return redactData(text, known);
  } catch (error) {
    if (error instanceof SyntaxError) return redact(text, known);
    throw error;
  }
}

function redactData(text: string, known: ReadonlySet<string>): Redacted {
  const counts: Partial<Record<Kind, number>> = {};
  const count = (more: Counts): void => {
    for (const [kind, number] of Object.entries(more) as [Kind, number][]) {
      counts[kind] = (counts[kind] ?? 0) + number;
    }
  };
  const value: unknown = JSON.parse(text, (key, one: unknown) => {
    if (typeof one !== 'string') return one;
    if (ofSecret.test(key)) {
      count({ password: 1 });
      return mark('password');
    }
    const redacted = redact(one, known);
    count(redacted.counts);
    return redacted.text;
  });
  return { text: `${JSON.stringify(value, null, 2)}\n`, counts };
}
