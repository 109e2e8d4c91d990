/** When somebody is a member no more, as a form has it, in UTC. */
export interface End {
  /** `2030-01-31`; empty: never. */
  readonly day: string;
  /** `16:30`; empty: at the end of the day. */
  readonly time: string;
}

/** RFC 3339; undefined: never. A day ends when the next one begins. */
export const momentOf = ({ day, time }: End): string | undefined =>
  day === '' ? undefined : new Date(`${day}T${time === '' ? '24:00' : time}Z`).toISOString();

/** What a form shows of a moment, RFC 3339. To a second: so exactly nobody is cut off. */
export function endOf(moment: string | undefined): End {
  if (moment === undefined) return { day: '', time: '' };
  const at = Date.parse(moment);
  const isMidnight = at % 86_400_000 === 0;
  const said = new Date(isMidnight ? at - 1 : at).toISOString();
  const time = said.slice(11, 19).replace(/:00$/, '');
  return { day: said.slice(0, 10), time: isMidnight ? '' : time };
}

/** `2030-01-31`, the last day; or `2030-01-31 16:30`, in UTC as it was said. */
export function wordsOfEnd(moment: string | undefined): string {
  const { day, time } = endOf(moment);
  return `${day} ${time}`.trim();
}
