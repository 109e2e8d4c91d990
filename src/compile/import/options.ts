import { didYouMean } from '#base';
import { type Endpoint, Prefix, parseEndpoint } from '#ip';
import { compileErrors } from '../errors.ts';
import { labelOf } from './names.ts';

/** What a person adds to the files: values by the name of a machine or site. */
export interface ImportOptions {
  readonly network?: string;
  /** What a machine is called instead. */
  readonly names?: Readonly<Record<string, string>>;
  readonly overlay?: readonly string[];
  readonly endpoints?: Readonly<Record<string, string>>;
  readonly subnets?: Readonly<Record<string, readonly string[]>>;
  /** The facts are kept beside the new file, which then needs no keys. */
  readonly keysApart?: boolean;
}

export interface Answers {
  readonly network: string | undefined;
  readonly names: ReadonlyMap<string, string>;
  readonly overlay: readonly Prefix[];
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly subnets: ReadonlyMap<string, readonly Prefix[]>;
  readonly keysApart: boolean;
}

/** @throws ip/... */
export const answersOf = (options: ImportOptions): Answers => ({
  network: options.network,
  names: new Map(Object.entries(options.names ?? {})),
  overlay: (options.overlay ?? []).map(Prefix.parse),
  endpoints: new Map(
    Object.entries(options.endpoints ?? {}).map(([name, text]) => [name, parseEndpoint(text)]),
  ),
  subnets: new Map(
    Object.entries(options.subnets ?? {}).map(([name, texts]) => [name, texts.map(Prefix.parse)]),
  ),
  keysApart: options.keysApart ?? false,
});

function check(option: string, names: Iterable<string>, known: readonly string[]): void {
  for (const name of names) {
    if (known.includes(name)) continue;
    const hint = didYouMean(name, known, 'name');
    const args = { option, name, hint };
    throw compileErrors.error('compile/import-unknown-name', args, { text: name });
  }
}

/** Every answer is to a question: it names something. @throws compile/import-unknown-name */
export function checkAnswers({ endpoints, subnets }: Answers, known: readonly string[]): void {
  check('--endpoint', endpoints.keys(), known);
  check('--subnet', subnets.keys(), known);
}

/**
 * Every new name is for one machine, and nobody else has it.
 * @throws compile/import-unknown-name, compile/import-bad-name
 */
export function checkNames({ names }: Pick<Answers, 'names'>, known: readonly string[]): void {
  check('--name', names.keys(), known);
  const all = known.map((name) => names.get(name) ?? name);
  for (const [machine, name] of names) {
    const isTaken = all.filter((one) => one === name).length > 1;
    if (labelOf(name) === name && !isTaken) continue;
    const why = isTaken
      ? 'another machine has it'
      : 'a name has small letters, digits and hyphens, 63 at most';
    throw compileErrors.error('compile/import-bad-name', { machine, name, why }, { text: name });
  }
}
