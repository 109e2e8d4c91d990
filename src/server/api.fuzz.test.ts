import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { routes } from '#api';
import { type Assembled, assemble } from './server.ts';
import type { Store } from './store/contract.ts';
import { openStore } from './store/index.ts';

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly format?: string;
}

interface Operation {
  readonly 'x-permission'?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: 'path' | 'query';
    readonly schema: Schema;
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
}

interface Description {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

let server: Assembled;
let store: Store;
let data: string;
let token: string;

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'hawser-fuzz-'));
  store = await openStore({ data });
  const firstNetwork = { network: 'net', machine: 'hub', endpoint: '192.0.2.1:51820' };
  const listen = { host: '127.0.0.1', port: 0 };
  const log = pino({ level: 'silent' });
  server = await assemble({ data, listen, addresses: ['127.0.0.1'], firstNetwork, log }, store);
  const first = await server.begin(7443);
  token = first?.admin.reveal() ?? '';
});

afterAll(async () => {
  await server.close();
  await store.close();
  rmSync(data, { recursive: true, force: true });
});

const description = async (): Promise<Description> =>
  (await server.app.inject('/openapi.json')).json<Description>();

const operations = async () =>
  Object.entries((await description()).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

const ask = (method: string, { url, body }: { url: string; body: unknown }) =>
  server.app.inject({
    method: method.toUpperCase() as 'GET' | 'POST' | 'DELETE',
    url,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { payload: JSON.stringify(body) }),
  });

const junk = fc.oneof(fc.jsonValue(), fc.constant(undefined), fc.string({ unit: 'binary' }));

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const file = 'version: 1\nnetwork: net\noverlay: 10.0.0.0/24\n';
const likely = fc.constantFrom('net', 'hub', 'net.yaml', file, 'anna');
const anyText = fc.oneof(likely, fc.string(), fc.string({ unit: 'binary' }));
const keys = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(base64);

const textOf = ({ format, pattern, minLength = 0 }: Schema): fc.Arbitrary<string> => {
  if (format === 'date-time') return fc.constant('2099-01-01T00:00:00.000Z');
  if (pattern?.includes('{42}')) return keys;
  if (pattern?.includes('@')) return fc.constant('anna@example.org');
  if (minLength > 1) return fc.oneof(fc.constant('x'.repeat(minLength)), anyText);
  return pattern === undefined ? anyText : fc.constantFrom('net', 'hub', 'anna');
};

/** Values that a schema describes. */
function valueOf(schema: Schema): fc.Arbitrary<unknown> {
  const {
    anyOf,
    type,
    items = {},
    minItems = 0,
    patternProperties = {},
    minimum,
    maximum,
  } = schema;
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (anyOf) return fc.oneof(...anyOf.map(valueOf));
  if (type === 'string') return textOf(schema);
  if (type === 'integer') {
    const least = minimum ?? 0;
    const small = fc.integer({ min: least, max: least + 3 });
    return fc.oneof(small, fc.integer({ min: minimum ?? -1e9, max: maximum ?? 1e9 }));
  }
  if (type === 'boolean') return fc.boolean();
  if (type === 'array')
    return fc.array(valueOf(items), { minLength: minItems, maxLength: minItems + 3 });
  if (type !== 'object') return fc.jsonValue();
  const [record] = Object.values(patternProperties);
  if (record) return fc.dictionary(anyText, valueOf(record), { maxKeys: 3 });
  const { properties = {}, required = [] } = schema;
  const fields = Object.entries(properties).map(([name, inner]) => [name, valueOf(inner)] as const);
  return fc.record(Object.fromEntries(fields), { requiredKeys: [...required] });
}

/** A value in which something may not be as described. */
const nearly = (schema: Schema): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 4, arbitrary: valueOf(schema) },
    { weight: 1, arbitrary: fc.tuple(valueOf(schema), anyText, junk).map(spoiled) },
    { weight: 1, arbitrary: junk },
  );

function spoiled([value, key, other]: [unknown, string, unknown]): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return other;
  const names = Object.keys(value);
  return { ...value, [names[key.length % Math.max(names.length, 1)] ?? key]: other };
}

const part = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return encodeURIComponent(text.toWellFormed());
};

function requestOf(
  path: string,
  operation: Operation,
  like: (schema: Schema) => fc.Arbitrary<unknown>,
) {
  const { parameters = [], requestBody } = operation;
  const parameter = (place: string) =>
    fc.record(
      Object.fromEntries(
        parameters
          .filter((one) => one.in === place)
          .map(({ name, schema }) => [name, like(schema)]),
      ),
      place === 'path' ? {} : { requiredKeys: [] },
    );
  const [content] = Object.values(requestBody?.content ?? {});
  return fc.record({
    url: fc.tuple(parameter('path'), parameter('query')).map(([inPath, inQuery]) => {
      const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => part(inPath[name]) || '%00');
      const query = Object.entries(inQuery).map(([name, value]) => `${name}=${part(value)}`);
      return query.length === 0 ? filled : `${filled}?${query.join('&')}`;
    }),
    body: content ? like(content.schema) : fc.constant(undefined),
  });
}

test('the API describes itself, every route of it', async () => {
  const { openapi, paths } = await description();
  expect(openapi).toBe('3.1.0');
  const count = Object.values(paths).flatMap((path) => Object.keys(path)).length;
  expect(count).toBeGreaterThan(20);
  expect(Object.keys(paths)).toContain('/v1/networks/{network}/apply');
});

test('the API names what each route asks of a token, as it is asked for', async () => {
  const { paths } = await description();
  const told = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { 'x-permission': permission, security }]) => [
      `${method.toUpperCase()} ${path}`,
      { permission, isOpen: security?.length === 0 },
    ]),
  );
  const asked = Object.values(routes).map(({ method, path, permission }) => [
    `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
    { permission, isOpen: (permission as string) === 'public' },
  ]);
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(asked));
});

test('whatever is asked, the answer is a success or a problem with a code, and never a failure', async () => {
  for (const { path, method, operation } of await operations()) {
    const requests = fc.oneof(
      requestOf(path, operation, valueOf),
      requestOf(path, operation, nearly),
    );
    const property = fc.asyncProperty(requests, async (request) => {
      const response = await ask(method, request);
      const { statusCode } = response;
      if (statusCode < 300) return;
      expect(statusCode, `${method} ${request.url}: ${response.body}`).not.toBe(500);
      expect(response.headers['content-type']).toContain('application/problem+json');
      expect(response.json()).toMatchObject({ code: expect.stringMatching(/^\w+\/[\w-]+$/) });
    });
    // A passphrase is made into a key as slowly as can be borne.
    await fc.assert(property, { numRuns: path === '/v1/backup' ? 10 : 60 });
  }
}, 120_000);

test('what is asked gets past the checks of its form, at every route', async () => {
  for (const { path, method, operation } of await operations()) {
    let isTaken = false;
    for (const request of fc.sample(requestOf(path, operation, valueOf), 500)) {
      if (isTaken) break;
      isTaken = (await ask(method, request)).statusCode !== 400;
    }
    expect(isTaken, `${method} ${path}`).toBe(true);
  }
}, 120_000);
