import { didYouMean } from '#base';
import { type Endpoint, Prefix, parseEndpoint } from '#ip';
import { compileErrors } from '../errors.ts';

/** What a person adds to the files: values by the name of a machine or site. */
export interface ImportOptions {
  readonly network?: string;
  readonly overlay?: readonly string[];
  readonly endpoints?: Readonly<Record<string, string>>;
  readonly subnets?: Readonly<Record<string, readonly string[]>>;
}

export interface Answers {
  readonly network: string | undefined;
  readonly overlay: readonly Prefix[];
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly subnets: ReadonlyMap<string, readonly Prefix[]>;
}

/** @throws ip/... */
export const answersOf = (options: ImportOptions): Answers => ({
  network: options.network,
  overlay: (options.overlay ?? []).map(Prefix.parse),
  endpoints: new Map(
    Object.entries(options.endpoints ?? {}).map(([name, text]) => [name, parseEndpoint(text)]),
  ),
  subnets: new Map(
    Object.entries(options.subnets ?? {}).map(([name, texts]) => [name, texts.map(Prefix.parse)]),
  ),
});

/** Every answer is to a question: it names something. @throws compile/import-unknown-name */
export function checkAnswers({ endpoints, subnets }: Answers, known: readonly string[]): void {
  const check = (option: string, names: Iterable<string>): void => {
    for (const name of names) {
      if (known.includes(name)) continue;
      const hint = didYouMean(name, known, 'name');
      throw compileErrors.error(
        'compile/import-unknown-name',
        { option, name, hint },
        { text: name },
      );
    }
  };
  check('--endpoint', endpoints.keys());
  check('--subnet', subnets.keys());
}
