import { Address, isHostName, Prefix } from '#ip';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import type { PolicyTest } from '../network.ts';
import { type Loose, placeOf, type Text, textsOf } from '../origin.ts';

/** What a test calls all that is outside, unless a machine has the name. */
export const outside = 'outside';

type Source = Loose<{
  from: string;
  to: string;
  expect: string;
  as: string;
  except: string | readonly string[];
}>;

const isAddress = (text: string): boolean => Address.tryParse(text) !== undefined;

const isHost = ({ routers }: Draft, text: string): boolean =>
  routers.some(({ egress }) => egress.some(({ host }) => host === text));

/** Whether a test is about what no name of the file stands for: an address, a name of a list, or all outside. */
export const isBeyond = (draft: Draft, text: string): boolean =>
  draft.names.kindOf(text) === undefined &&
  (text === outside || isAddress(text) || isHost(draft, text));

/** Whether it can only be meant as the name of something outside. No name of the file has a dot. */
const isOutsider = (text: string): boolean =>
  text.includes('.') && isHostName(text) && !isAddress(text) && /[a-z]/i.test(text);

/** Reports a name outside that no list has. */
export function reportUnlisted({ text, place }: Text, draft: Draft): boolean {
  if (!isOutsider(text)) return false;
  draft.report(errors.diagnostic('spec/test-unlisted', { name: text }, { place, text }));
  return true;
}

/** What a test says of ways out: from where it is to be seen there, and what of outside it is not about. */
export function readWayOut(source: Source, draft: Draft): Pick<PolicyTest, 'as' | 'outside'> {
  const [as] = textsOf(source, 'as');
  const except = textsOf(source, 'except');
  const isAll = source.to === outside && isBeyond(draft, outside);
  const refuse = (field: string, why: string): void =>
    draft.report(
      errors.diagnostic('spec/test-way-out', { why }, { place: placeOf(source, field) }),
    );
  if (except.length > 0 && !isAll) refuse('except', '`except` is for `to: outside` alone');
  if (as && source.expect !== 'allow')
    refuse('as', '`as` is for what is to arrive, with `expect: allow`');
  if (as && isAll && source.expect === 'allow') refuse('as', '`as` is for one destination');
  const from = source.from ?? '';
  const hasFrom = draft.names.kindOf(from) !== undefined;
  if (hasFrom && draft.names.kindOf(from) !== 'station') {
    const isAlone = draft.stations.some((one) => one.isAlone && one.name === from);
    if (isAll && isAlone) refuse('from', `\`${from}\` is a member, which has ways out of its own`);
    else if (isAll)
      refuse('from', `\`${from}\` is in no segment, so it leaves by no router of the file`);
    if (as && !isAlone)
      refuse('as', `\`${from}\` is in no segment, so it leaves by no router of the file`);
  }
  const address = as && draft.parse(as, Address.parse);
  return {
    ...(address && { as: address }),
    ...(isAll && { outside: exceptOf(except, draft) }),
  };
}

function exceptOf(
  texts: ReturnType<typeof textsOf>,
  draft: Draft,
): NonNullable<PolicyTest['outside']> {
  const hosts = texts.filter(({ text }) => isHost(draft, text));
  const prefixes = texts
    .filter((at) => !hosts.includes(at))
    .flatMap((at) => {
      const parse = (text: string): Prefix =>
        text.includes('/') ? Prefix.parse(text) : Prefix.single(Address.parse(text));
      if (reportUnlisted(at, draft)) return [];
      return draft.parse(at, parse) ?? [];
    });
  return { prefixes, hosts: hosts.map(({ text }) => text) };
}
