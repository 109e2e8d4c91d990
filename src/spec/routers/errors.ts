/** What may be wrong with routers; a part of the room's errors. */
export const routerErrors = {
  'spec/router-at-home': {
    says: 'the router {router} of segment `{segment}` is found at its own site alone: no host has that address',
    fix: 'Name it among the `hosts` of its site, with `segment: {segment}`, `address: {router}` and its `mac`, or give the segment a router of ours in `routers`; nothing is to do where each site has a router of its own.',
  },
  'spec/router-without-address': {
    says: 'router `{router}` has no address in segment `{segment}`',
    fix: 'Say it as `segments.{segment}.router`; no pool may hold it.',
  },
  'spec/router-is-host': {
    says: '`{host}` has the address that router `{router}` has in segment `{segment}`',
    fix: 'Remove the host: routers of ours are found at every site.',
  },
  'spec/two-routers': {
    says: 'segment `{segment}` has a router already: `{other}`, at {first}',
    fix: 'Leave the segment to one of them.',
  },
  'spec/uplink-length': {
    says: '`{text}` does not say how long its network is',
    fix: 'Write the address with the length of its network, such as 10.5.0.2/24.',
  },
  'spec/uplink': {
    says: 'the uplink of router `{router}` leads nowhere: {why}',
    fix: 'Give both ends addresses of one network that is nothing else of yours, such as `address: 10.5.0.2/24` and `via: 10.5.0.1`.',
  },
  'spec/egress-everything': {
    says: '`{text}` lets everything leave',
    fix: 'List what may, or say `internet: true` if it is meant so.',
  },
  'spec/egress-most': {
    says: 'with this entry the list of router `{router}` lets half of the internet or more be reached by IPv{family}',
    fix: 'List what may, or say `internet: true` if it is meant so.',
  },
  'spec/egress-unroutable': {
    says: 'nothing for {text} ever leaves a router: that is {meaning}',
    fix: 'Take it out, or list what is meant; where a cloud serves its machines at an address of the link, it does so at its own site, without a router.',
  },
  'spec/external': {
    says: 'router `{router}` cannot be so: {why}',
    fix: 'Of a router that is there already say `external: true`, its `namespace` as `ip netns list` shows it, its `segments` and what may leave by `egress`.',
  },
  'spec/tunnel-inside': {
    says: 'the tunnel cannot live in router `{router}`: {why}',
    fix: 'Say `site`, `external: true`, its `namespace` as `ip netns list` shows it and `tunnel: true`, and nothing else, of a router at a site with one machine that runs WireGuard and an agent, and that has to do nothing else for the network; let others carry segments and look at services.',
  },
  'spec/test-way-out': {
    says: 'a test cannot say this: {why}',
    fix: 'Say `to: 10.254.0.1`, `expect: allow` and `as: 10.5.0.2` of what may leave, and `to: outside`, `except: [10.254.0.1]` and `expect: deny` of all else, each `from` a machine of a segment.',
  },
  'spec/test-unlisted': {
    says: 'nothing of the file is called `{name}`: no machine or host, and nothing on the `egress` list of a router',
    fix: 'Put it on the list of the router that is to let it be reached, or correct the name.',
  },
  'spec/egress-name': {
    says: '`{text}` is not the name of a machine in full',
    fix: 'Write it with its domain alone, such as proxy.example.org, one entry for each, and `ports` beside it; patterns such as *.example.org cannot be looked up.',
  },
  'spec/egress-internet': {
    says: 'machines behind router `{router}` may reach ALL of the internet{ports}',
    fix: 'Nothing is to do if it is meant so; otherwise list what they may reach.',
  },
  'spec/egress-whither': {
    says: 'this way out needs one of `to` and `internet: true`',
    fix: 'Say where it leads, such as `to: 130.238.7.10/32`; or `internet: true` alone, if everything may leave.',
  },
  'spec/egress-family': {
    says: '{text} is of IPv{family}, and the uplink of router `{router}` is not',
    fix: 'Give the uplink an `address` and a `via` of IPv{family}, too.',
  },
  'spec/egress-unfound': {
    says: 'no machine gets to {text}: router `{router}` has no address of IPv{family} in any of its segments',
    fix: 'Give a segment a `router` of IPv{family}, too, or take the entry out.',
  },
  'spec/egress-inside': {
    says: '{text} lies inside the network, or around a part of it: {what}',
    fix: 'List what is outside alone: from a segment there is no way to what is inside the network.',
  },
  'spec/forward-port': {
    says: '`{text}` is not one port',
    fix: 'Write a port of TCP or UDP, such as tcp/2222, and one entry for each.',
  },
  'spec/forward-outside': {
    says: '{address} lies in no segment of router `{router}`',
    fix: 'Name the address of a machine in a segment that the router has.',
  },
  'spec/forward-to-router': {
    says: '{address} is router `{router}` itself, which serves nothing',
    fix: 'Name the address of a machine in a segment that the router has.',
  },
  'spec/forward-to-member': {
    says: '{address} is for members alone in the segment: their answers to those outside would not come back by router `{router}`',
    fix: 'Name the address of a machine at a site of the segment; a member is reached from outside by its own ways.',
  },
  'spec/forward-twice': {
    says: '{port} already leads somewhere, at {first}',
    fix: 'Use another port of the router.',
  },
} as const;
