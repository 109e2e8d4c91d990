import { errorTable } from '#base';

/** What can stand in the way of handing out a machine's configuration. */
export const exportErrors = errorTable({
  'compile/export-no-tunnel': {
    says: '{machine} runs no WireGuard, so there is nothing to write as {format}',
    fix: 'Use one of the formats for plain hosts: {formats}.',
  },
  'compile/export-needs-device': {
    says: 'a {format} file names the network device, and that of {host} is not known',
    fix: 'Say it with --device, as `ip link` prints it on {host}; or use one of the formats that need none: iproute2, cloud-init.',
  },
});
