import type { KernelPart } from '#host';
import { check } from '../check.ts';
import { found } from '../errors.ts';

const words: Readonly<Record<KernelPart, { readonly what: string; readonly module?: string }>> = {
  namespaces: { what: 'network namespaces' },
  bridges: { what: 'bridges', module: 'bridge' },
  vxlan: { what: 'VXLAN', module: 'vxlan' },
  veth: { what: 'pairs of devices (veth)', module: 'veth' },
  vlan: { what: '802.1Q', module: '8021q' },
  filters: { what: 'filters of bridges (nftables)' },
  tracking: { what: 'connection tracking in bridges', module: 'br_netfilter' },
};

const remedyOf = (part: KernelPart): string => {
  const { module } = words[part];
  const load = module === undefined ? 'Take' : `\`modprobe ${module}\`; or take`;
  return `${load} a kernel that has it, as Debian\u2019s is, or let another machine be the first gateway of the site.`;
};

export const segmentKernelChecks = [
  check({
    id: 'segment-kernel',
    group: 'programs',
    fine: 'the kernel has what segments and routers on this machine are made of',
    needs: ['segmentKernel'],
    codes: ['doctor/kernel-lacks'],
    judge: ({ segmentKernel: { lacked, needed } }) =>
      needed.flatMap(({ network, parts }) =>
        [...parts]
          .filter((part) => lacked.has(part))
          .map((part) => {
            const args = { network, what: words[part].what, remedy: remedyOf(part) };
            return found('doctor/kernel-lacks', args);
          }),
      ),
    detail: ({ segmentKernel: { lacked, needed } }) => {
      const missing = [...lacked].map((part) => words[part].what).join(', ');
      if (missing !== '') return `it has no ${missing}, which nothing here needs`;
      return needed.some(({ parts }) => parts.size > 0) ? '' : 'none here yet';
    },
  }),
];
