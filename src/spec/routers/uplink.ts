import { Address, Prefix } from '#ip';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import type { Uplink } from '../network.ts';
import { type Loose, type Text, textsOf } from '../origin.ts';
import { edgesOf } from '../segments/edges.ts';

type UplinkSource = Loose<{ address: string | string[]; via: string | string[] }> | undefined;

/** `10.5.0.2/24`, an address in its network. */
function parseInside({ text, place }: Text, draft: Draft) {
  const at = text.lastIndexOf('/');
  const length = text.slice(at + 1);
  const address = draft.parse({ text: at < 0 ? text : text.slice(0, at), place }, Address.parse);
  if (!address) return undefined;
  const most = address.family === 4 ? 32 : 128;
  if (at >= 0 && /^\d{1,3}$/.test(length) && Number(length) <= most)
    return { address, network: Prefix.of(address, Number(length)) };
  draft.report(errors.diagnostic('spec/uplink-length', { text }, { place, text }));
  return undefined;
}

/** The ends of the pair that leads out, one per family; what does not fit is left out. */
export function readUplink(router: string, source: UplinkSource, draft: Draft): readonly Uplink[] {
  const vias = textsOf(source ?? {}, 'via').flatMap((at) => {
    const address = draft.parse(at, Address.parse);
    return address ? [{ address, at }] : [];
  });
  const found: Uplink[] = [];
  for (const at of textsOf(source ?? {}, 'address')) {
    const inside = parseInside(at, draft);
    if (!inside) continue;
    const { address, network } = inside;
    const { family } = address;
    const where = { place: at.place, text: at.text };
    const via = vias.find((one) => one.address.family === family);
    const refuse = (why: string): void =>
      draft.report(errors.diagnostic('spec/uplink', { router, why }, where));
    draft.ranges.push({
      prefix: network,
      what: `the uplink of router \`${router}\``,
      place: at.place,
    });
    if (!via) refuse(`no \`via\` is of IPv${family}`);
    else if (!network.contains(via.address))
      refuse(`its \`via\` ${via.address} lies outside ${network}`);
    else if (via.address.equals(address)) refuse(`both its ends are ${address}`);
    else if (found.some((one) => one.address.family === family))
      refuse(`it has two addresses of IPv${family}`);
    else {
      const edge = edgesOf(network).find((one) =>
        [address, via.address].some((end) => end.equals(one.address)),
      );
      if (edge) refuse(`one of its ends is ${edge.what} of ${network}`);
      else found.push({ address, network, via: via.address });
    }
  }
  for (const { address, at } of vias) {
    const texts = textsOf(source ?? {}, 'address');
    if (texts.some(({ text }) => text.includes(':') === (address.family === 6))) continue;
    const why = `no \`address\` is of IPv${address.family}`;
    draft.report(
      errors.diagnostic('spec/uplink', { router, why }, { place: at.place, text: at.text }),
    );
  }
  return found.sort((a, b) => a.address.compare(b.address));
}
