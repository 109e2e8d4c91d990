/** A public key of nobody, as long as one. */
export const key = (letter: string): string => `${letter.repeat(42)}E=`;

/** The network of an office: a gateway, and members by a line of YAML each. `more`: what follows them. */
export const office = (members: readonly string[], more = ''): string => `version: 1
network: office
overlay: 10.99.0.0/24
topology: { hub: [main] }
sites:
  main:
    gateways:
      gate: { endpoint: "192.0.2.1:51820", key: "${key('A')}" }   # the only one with an address
members:
${members.map((line) => `  ${line}\n`).join('')}${more}`;
