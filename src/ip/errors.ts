import { errorTable } from '#base';

/** What can be wrong with the text of an address, a prefix or a range, and with the use of a pool. */
export const ipErrors = errorTable({
  'ip/empty': {
    says: 'an IP address is missing: the text is empty',
    fix: 'Write an address such as 192.0.2.1 or 2001:db8::1.',
  },
  'ip/not-an-address': {
    says: '"{text}" is not an IP address',
    fix: 'Write an address such as 192.0.2.1 or 2001:db8::1; names are not looked up here.',
  },
  'ip/white-space': {
    says: '"{text}" has white space in it',
    fix: 'Write it without white space.',
  },
  'ip/zone': {
    says: '"{text}" carries the zone "{zone}", which means something on one machine only',
    fix: 'Write {address}, without the zone; link-local addresses cannot be used across machines.',
  },
  'ip/brackets': {
    says: '"{text}" is in brackets, which belong around the address of an endpoint only',
    fix: 'Write it without brackets.',
  },
  'ip/port': {
    says: '"{text}" is an address with a port',
    fix: 'Write the address alone: {address}.',
  },
  'ip/prefix-for-address': {
    says: '"{text}" is a prefix where one address is wanted',
    fix: 'Write the address alone, without "/" and length.',
  },
  'ip/leading-zero': {
    says: 'octet {position} of "{text}" is {octet}: some programs read a leading zero as octal',
    fix: 'Write {decimal} if the decimal number is meant.',
  },
  'ip/hexadecimal-octet': {
    says: 'octet {position} of "{text}" is hexadecimal: {octet}',
    fix: 'Write it in decimal: {decimal}.',
  },
  'ip/too-few-octets': {
    says: '"{text}" has {count} of the four octets of an IPv4 address',
    fix: 'Write all four octets, such as 10.0.0.1 instead of 10.1.',
  },
  'ip/too-many-octets': {
    says: '"{text}" has {count} octets; an IPv4 address has four',
    fix: 'Write four octets, such as 10.0.0.1.',
  },
  'ip/empty-octet': {
    says: 'octet {position} of "{text}" is empty',
    fix: 'Write a number from 0 to 255 between the dots.',
  },
  'ip/out-of-range': {
    says: 'octet {position} of "{text}" is {octet}, which is more than 255',
    fix: 'Write a number from 0 to 255.',
  },
  'ip/double-compression': {
    says: '"{text}" has "::" more than once, so that it could mean several addresses',
    fix: 'Keep one "::" and write the other groups out as 0.',
  },
  'ip/needless-compression': {
    says: 'the "::" in "{text}" stands for no group: all eight are there',
    fix: 'Write ":" instead of "::".',
  },
  'ip/stray-colon': {
    says: '"{text}" begins or ends with a single ":", or has three in a row',
    fix: 'Write "::" once for the groups left out, ":" between all others.',
  },
  'ip/group-too-long': {
    says: 'group {position} of "{text}" is {group}, which has more than four digits',
    fix: 'Write one to four hexadecimal digits in a group.',
  },
  'ip/not-a-group': {
    says: 'group {position} of "{text}" is "{group}", which is not hexadecimal',
    fix: 'Write one to four of the digits 0-9 and a-f in a group.',
  },
  'ip/too-few-groups': {
    says: '"{text}" has {count} of the eight groups of an IPv6 address and no "::"',
    fix: 'Write all eight groups, or "::" once for a run of zeros.',
  },
  'ip/too-many-groups': {
    says: '"{text}" has {count} groups; an IPv6 address has eight',
    fix: 'Write eight groups; an embedded IPv4 address counts as two.',
  },
  'ip/misplaced-ipv4': {
    says: 'the IPv4 address {embedded} in "{text}" is not at the end',
    fix: 'An embedded IPv4 address stands for the last two groups.',
  },
  'ip/not-a-value': {
    says: '{value} is not the number of an IPv{family} address',
    fix: 'Give a whole number from 0 to 2^{bits} - 1.',
  },
  'ip/length-missing': {
    says: '"{text}" has no prefix length',
    fix: 'Write {single} for the one address, or a shorter length for a network.',
  },
  'ip/length-not-a-number': {
    says: '"{length}" in "{text}" is not a prefix length',
    fix: 'Write a whole number from 0 to {most} after the "/".',
  },
  'ip/netmask': {
    says: '"{text}" has a netmask where a prefix length is wanted',
    fix: 'Write the number of leading one bits of the mask, such as /24 for 255.255.255.0.',
  },
  'ip/length-leading-zero': {
    says: 'the prefix length in "{text}" has a leading zero',
    fix: 'Write /{plain}.',
  },
  'ip/length-out-of-range': {
    says: 'the prefix length {length} is not within 0 to {most}, as IPv{family} needs it',
    fix: 'Write a whole number from 0 to {most}.',
  },
  'ip/host-bits': {
    says: '"{text}" has bits set beyond its first {length}',
    fix: 'Write {corrected} for the network, or {single} for the one address.',
  },
  'ip/subnet-length': {
    says: '{prefix} cannot be divided into prefixes of length {length}',
    fix: 'Give a length from {least} to {most}.',
  },
  'ip/not-a-range': {
    says: '"{text}" is not a range of addresses',
    fix: 'Write the first and the last address with "-" between, such as {range}.',
  },
  'ip/range-families': {
    says: 'the range from {first} to {last} mixes IPv4 and IPv6',
    fix: 'Write one range for each.',
  },
  'ip/range-backwards': {
    says: 'the range from {first} to {last} ends before it begins',
    fix: 'Write {last}-{first}.',
  },
  'ip/not-free': {
    says: '{address} is not free in this pool',
    fix: 'Choose another address, such as {next}.',
  },
  'ip/outside-pool': {
    says: '{address} does not belong to this pool',
    fix: 'Release it to the pool it came from.',
  },
  'ip/endpoint-brackets': {
    says: '"{text}" has several colons and no brackets, so that its port cannot be told',
    fix: 'Write an IPv6 endpoint with brackets: [2001:db8::1]:51820.',
  },
  'ip/endpoint-without-port': {
    says: 'the endpoint "{text}" has no port',
    fix: 'Write the port after a colon, such as 203.0.113.10:51820 or [2001:db8::1]:51820.',
  },
  'ip/endpoint-port': {
    says: '"{port}" in the endpoint "{text}" is not a port',
    fix: 'Write a whole number from 1 to 65535.',
  },
  'ip/endpoint-host': {
    says: '"{host}" in the endpoint "{text}" is not a host: {why}',
    fix: 'Write an address such as 203.0.113.10 or [2001:db8::1], or a DNS name such as vpn.example.org.',
  },
});
