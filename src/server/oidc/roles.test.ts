import { expect, test } from 'vitest';
import type { RoleRule } from '#api';
import { groupsIn, groupsText, nameIn, ruleFor } from './roles.ts';

const issuer = 'https://login.example.org/realms/lab';

test('groups are a list, one word, or deep inside; what else is there is no group', () => {
  expect(groupsIn({ groups: ['ops', 'staff'] }, 'groups')).toEqual(['ops', 'staff']);
  expect(groupsIn({ groups: 'ops' }, 'groups')).toEqual(['ops']);
  expect(groupsIn({ realm_access: { roles: ['ops'] } }, 'realm_access.roles')).toEqual(['ops']);
  const name = 'https://example.org/groups';
  expect(groupsIn({ [name]: ['ops'] }, name)).toEqual(['ops']);
  expect(groupsIn({ groups: ['ops', 7, null, { name: 'admins' }] }, 'groups')).toEqual(['ops']);
  expect(groupsIn({ groups: { ops: true } }, 'groups')).toEqual([]);
  for (const name of ['groups', 'a.b', 'constructor', '__proto__.x', 'sub.length'])
    expect(groupsIn({ sub: 'x' }, name)).toBe(undefined);
});

test('of the rules that fit the one that lets do most counts, and none is none', () => {
  const viewer: RoleRule = { role: 'viewer', group: 'staff' };
  const one: RoleRule = { role: 'operator', network: 'lab', group: 'lab-ops' };
  const all: RoleRule = { role: 'operator', group: 'ops' };
  const rules = [viewer, one, all];
  expect(ruleFor(rules, ['staff'])).toBe(viewer);
  expect(ruleFor(rules, ['staff', 'lab-ops'])).toBe(one);
  expect(ruleFor(rules, ['lab-ops', 'ops', 'staff'])).toBe(all);
  expect(ruleFor(rules, ['Staff', 'op', ''])).toBe(undefined);
  expect(ruleFor(rules, [])).toBe(undefined);
});

test('a name says where it is from, in one line, whatever the provider says', () => {
  const at = (claims: object) => nameIn({ sub: '123', ...claims }, issuer);
  expect(at({ preferred_username: 'vera', email: 'v@example.org' })).toBe(
    'vera (login.example.org)',
  );
  expect(at({ email: 'v@example.org' })).toBe('v@example.org (login.example.org)');
  expect(at({ preferred_username: 7, name: ' \u202e ' })).toBe('123 (login.example.org)');
  expect(at({ preferred_username: 'admin\n\u001b[31m' })).toBe('admin[31m (login.example.org)');
  expect(at({ name: 'x'.repeat(300) }).length).toBeLessThanOrEqual(100);
});

test('many groups are told as some and how many more', () => {
  expect(groupsText([])).toBe('none');
  expect(groupsText(['a', 'b\n'])).toBe('a, b');
  expect(groupsText(Array.from({ length: 25 }, (_, at) => `g${at}`))).toMatch(/, g19 and 5 more$/);
});
