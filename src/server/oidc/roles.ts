import { permissionsOf, type RoleRule } from '#api';
import { by } from '#base';

/** What a provider says of somebody (OpenID Connect Core, 5.1). */
export type Claims = Readonly<Record<string, unknown>>;

/** Groups of one person that are read, and signs of a name that are shown. */
const mostGroups = 2000;
const longestName = 60;
const longestHost = 37;

/** The claim of this name; else what a path of names with points between them leads to. */
function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let at: unknown = claims;
  for (const part of name.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Claims)[part];
  }
  return at;
}

/** Undefined where the claim is not there: it may be told elsewhere. What is no text is no group. */
export function groupsIn(claims: Claims, name: string): readonly string[] | undefined {
  const claim = claimAt(claims, name);
  if (claim === undefined) return undefined;
  const all: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return all.filter((one) => typeof one === 'string').slice(0, mostGroups);
}

const rank = ({ role, network }: RoleRule): string =>
  `${9 - permissionsOf[role].length} ${network === undefined ? 0 : 1}`;

/** Of the rules that fit the one that lets do most, in all networks before in one; undefined: none fits. */
export function ruleFor(
  rules: readonly RoleRule[],
  groups: readonly string[],
): RoleRule | undefined {
  const all = new Set(groups);
  return rules.filter(({ group }) => all.has(group)).toSorted(by(rank))[0];
}

/** What somebody else wrote, as one line that shows what is in it. */
export const plainText = (text: string, most: number): string => {
  const plain = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, '').trim();
  return plain.length > most ? `${plain.slice(0, most - 1)}…` : plain;
};

/** How somebody is called in history and audit: never as who has a token, nor as Hawser itself. */
export function nameIn(claims: Claims, issuer: string): string {
  const names = ['preferred_username', 'email', 'name', 'sub'].map((claim) => claims[claim]);
  const name = names
    .filter((one) => typeof one === 'string')
    .map((one) => plainText(one, longestName))
    .find((one) => one !== '');
  return `${name ?? 'somebody'} (${plainText(new URL(issuer).host, longestHost)})`;
}

/** As a sentence lists them. */
export function groupsText(groups: readonly string[]): string {
  if (groups.length === 0) return 'none';
  const shown = groups.slice(0, 20).map((group) => plainText(group, 80));
  const rest = groups.length - shown.length;
  return rest === 0 ? shown.join(', ') : `${shown.join(', ')} and ${rest} more`;
}
