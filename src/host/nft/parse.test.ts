import { expect, test } from 'vitest';
import { parseTable } from './parse.ts';

const listed = `table inet hawser-net {
	comment "hawser:net:hawser-net"
	counter deny {
		packets 3 bytes 200
	}

	set net4 {
		type ipv4_addr
		flags interval
		elements = { 10.0.0.0/25, 10.0.1.0-10.0.1.4,
			     10.0.1.5 comment "by hand" }
	}

	set empty {
		type ifname
	}

	map ports {
		type inet_proto . inet_service : verdict
		flags interval
		elements = { 6 . 22 : accept,
			     17 . 10-20 : jump c1 }
	}

	chain c1 {
	}

	chain forward {
		type filter hook forward priority -5; policy accept;
		iifname { "wg0", "wg1" } accept comment "hawser:0123"
		drop
	}
}
`;

test('a listed table is read whole', () => {
  expect(parseTable(listed)).toEqual({
    comment: 'hawser:net:hawser-net',
    counters: ['deny'],
    sets: [
      {
        name: 'net4',
        map: false,
        type: 'ipv4_addr',
        interval: true,
        elements: [
          ['10.0.0.0/25', undefined],
          ['10.0.1.0-10.0.1.4', undefined],
          ['10.0.1.5', undefined],
        ],
      },
      { name: 'empty', map: false, type: 'ifname', interval: false, elements: [] },
      {
        name: 'ports',
        map: true,
        type: 'inet_proto . inet_service',
        interval: true,
        elements: [
          ['6 . 22', 'accept'],
          ['17 . 10-20', 'jump c1'],
        ],
      },
    ],
    chains: [
      { name: 'c1', rules: [] },
      {
        name: 'forward',
        hook: 'type filter hook forward priority -5; policy accept;',
        rules: [
          { text: 'iifname { "wg0", "wg1" } accept', comment: 'hawser:0123' },
          { text: 'drop' },
        ],
      },
    ],
  });
});

test('a table without comment is nobody of ours', () => {
  expect(parseTable('table ip x {\n}\n')).toEqual({ counters: [], sets: [], chains: [] });
});

test('what is no table is an error, not an empty one', () => {
  expect(() => parseTable('')).toThrow('makes no sense');
  expect(() => parseTable('Error: No such file')).toThrow('makes no sense');
});
