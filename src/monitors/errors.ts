import { errorTable } from '#base';

/** Why a service is not as it should be. */
export const monitorErrors = errorTable({
  'monitors/unreachable': {
    says: '{what} cannot be reached: {why}',
    fix: 'See that it runs and listens there: `ss -ltnp` on its machine, then `hawser trace FILE FROM TO tcp/PORT` for the way to it.',
  },
  'monitors/busy': {
    says: '{what} takes connections and {why}',
    fix: 'A server whose threads all work answers nobody else meanwhile: give it more. If it never does, see its log, or give it more time: `timeout` of the monitor.',
  },
  'monitors/garbled': {
    says: '{what} answers, but with what is not {protocol}: {why}',
    fix: 'See what listens there (`ss -ltnp`), and that the monitor names its port and type.',
  },
  'monitors/refused': {
    says: '{what} answers with an error: {why}',
    fix: 'See its own log.',
  },
  'monitors/status': {
    says: '{what} answers with status {found}, not {expected}',
    fix: 'See its own log; if that is right, say so: `expect: {found}`.',
  },
});
