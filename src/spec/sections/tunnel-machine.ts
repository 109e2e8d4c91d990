import * as words from '../vocabulary.ts';

/** What a gateway and a node of a cluster say alike: each has a tunnel and stands in a site. */
export const tunnelMachine = {
  endpoint: words.optional(words.Endpoint),
  address: words.optional(words.SiteAddress),
  overlay: words.optional(words.Overlay),
  port: words.optional(words.Port),
  keepalive: words.optional(words.Keepalive),
  interface: words.optional(words.Interface),
  key: words.optional(words.PublicKey),
  tags: words.optional(words.Tags),
  mtu: words.optional(words.Mtu),
  was: words.optional(words.Was),
  ssh: words.optional(words.Ssh),
};
