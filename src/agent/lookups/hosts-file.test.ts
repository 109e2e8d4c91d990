import { expect, test } from 'vitest';
import { inHostsFile } from './hosts-file.ts';

test('a hosts file gives a name by any of its spellings and lines, and not in comments', () => {
  const text = `127.0.0.1 localhost
192.0.2.7\tproxy proxy.example.org # the old one
# 192.0.2.8 proxy.example.org
2001:db8::7 Proxy.Example.Org`;
  expect(inHostsFile(text, 'proxy.example.org')).toEqual(['192.0.2.7', '2001:db8::7']);
  expect(inHostsFile(text, 'example.org')).toEqual([]);
});
