import type { Question, Tried, Verified } from '#api';
import type { Expectations } from '#compile';
import { Address } from '#ip';
import { formatPort } from '#spec';

/** One thing to try, and how its answer is held against the file. */
export interface Trial {
  readonly question: Question;
  readonly about: Pick<Verified, 'to' | 'target' | 'what' | 'by' | 'verdict'>;
  /** What is wrong with an answer; undefined: nothing. */
  readonly wrongOf: (answer: Tried) => string | undefined;
}

type Flow = Expectations['flows'][number];
type Unnumbered = Omit<Extract<Question, { readonly kind: 'reach' }>, 'id' | 'kind'>;
/** In which namespace a machine tries it; absent: where its tunnels live. */
type Where = Pick<Unnumbered, 'space'>;

export const arrived = ({ outcome }: Tried): boolean =>
  outcome === 'answered' || outcome === 'closed';
const passes = ({ verdict }: Flow): boolean => verdict === 'allow' || verdict === 'outside';
export const how = ({ outcome, error }: Tried): string => `${outcome}${error ? ` (${error})` : ''}`;

/**
 * What there is to try. Datagrams of UDP are sent to nobody: who has a service there would take them for its own. Where
 * packets should pass a tunnel, one of the largest size is sent, too.
 */
const trialsOf = ({ flows, names }: Expectations): readonly Trial[] => [
  ...ofFlows(flows, {}),
  ...names.map((name) => ofName(name)),
];

/** The same of flows alone. */
export function ofFlows(flows: readonly Flow[], where: Where): readonly Trial[] {
  const tried = flows.filter(({ port }) => port.protocol !== 'udp');
  return [
    ...tried.map((flow) => ofFlow(flow, where)),
    ...tried
      .filter((flow) => flow.port.protocol === 'icmp' && passes(flow))
      .flatMap((flow) => ofSize(flow, where)),
  ];
}

export const reach = (question: Unnumbered): Question => ({ id: 0, kind: 'reach', ...question });

function ofFlow(flow: Flow, where: Where): Trial {
  const { to, destination, port, verdict, reason } = flow;
  const should = { allow: 'pass', outside: 'pass', deny: 'be refused', unreachable: 'find no way' }[
    verdict
  ];
  return {
    question: reach({
      address: destination,
      ...where,
      ...(port.protocol !== 'icmp' && { port: port.first }),
    }),
    about: { to, target: destination, what: formatPort(port), verdict },
    wrongOf: (answer) => {
      if (passes(flow) ? arrived(answer) : !arrived(answer)) return undefined;
      const but = passes(flow) ? `was ${how(answer)}` : 'passed';
      return `should ${should} (${reason}), but ${but}`;
    },
  };
}

const ofSize = ({ to, destination, mtu, verdict }: Flow, where: Where): readonly Trial[] =>
  mtu === undefined || mtu < (Address.parse(destination).family === 4 ? 68 : 1280)
    ? []
    : [
        {
          question: reach({ address: destination, ...where, size: mtu }),
          about: { to, target: destination, what: `mtu ${mtu}`, verdict },
          wrongOf: (answer) =>
            arrived(answer)
              ? undefined
              : `packets of ${mtu} bytes should pass whole, but one was ${how(answer)}`,
        },
      ];

/** `asked`: which server is asked, and from where; absent: whoever the machine asks. */
export function ofName(
  { to, name, addresses }: Expectations['names'][number],
  asked: Pick<Extract<Question, { readonly kind: 'resolve' }>, 'space' | 'server'> = {},
): Trial {
  return {
    question: { id: 0, kind: 'resolve', name, ...asked },
    about: {
      ...{ to, target: name, what: 'name' },
      ...(asked.server !== undefined && { by: asked.server }),
    },
    wrongOf: (answer) => {
      const { addresses: found } = answer;
      if (!found) return `the name was not found: ${how(answer)}`;
      const strange = found.filter((address) => !addresses.includes(address));
      return found.length > 0 && strange.length === 0
        ? undefined
        : `the name leads to ${found.join(' and ')} instead of ${addresses.join(' and ')}`;
    },
  };
}

export type Ask = (
  questions: readonly Question[],
  within: number,
) => Promise<ReadonlyMap<number, Tried>>;

/** ms for a first answer, and for one of what came as it should not: a handshake may have been on its way. */
const first = 1_500;
const again = 5_000;

/** What a machine is to try of the others. @throws as `ask` */
export const verify = (expected: Expectations, ask: Ask): Promise<Verified[]> =>
  tryAll(trialsOf(expected), ask);

/** Tries all, and once more what was not as it should be. @throws as `ask` */
export async function tryAll(all: readonly Trial[], ask: Ask): Promise<Verified[]> {
  const trials = all.map((trial, id) => ({ ...trial, question: { ...trial.question, id } }));
  const askAll = async (
    some: readonly Trial[],
    within: number,
  ): Promise<ReadonlyMap<number, Tried>> =>
    some.length === 0
      ? new Map<number, Tried>()
      : ask(
          some.map(({ question }) => question),
          within,
        );
  const found = new Map(await askAll(trials, first));
  const isWrong = ({ question, wrongOf }: Trial): boolean => {
    const answer = found.get(question.id);
    return !answer || wrongOf(answer) !== undefined;
  };
  for (const [id, answer] of await askAll(trials.filter(isWrong), again)) found.set(id, answer);
  return trials.map(({ question: { id }, about, wrongOf }) => {
    const { id: _, ...answer } = found.get(id) ?? { id, outcome: 'silent' as const, ms: again };
    const wrong = wrongOf({ id, ...answer });
    return { ...about, ...answer, ...(wrong && { wrong }) };
  });
}
