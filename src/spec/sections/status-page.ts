import Type from 'typebox';
import { section } from '../section.ts';
import * as words from '../vocabulary.ts';

/** TCP, unless the file says another. */
const usualPort = 7480;

export const statusPage = section({
  schema: words.mapping(
    {
      from: Type.Array(Type.Enum(['overlay'], { description: 'Every machine of the network.' }), {
        description: 'Who may look.',
        minItems: 1,
        examples: [['overlay']],
      }),
      port: words.optional(
        words.whole(1, 65535, {
          description:
            'TCP port at the overlay addresses of the server’s machine, where the page comes without TLS.',
          default: usualPort,
        }),
      ),
    },
    {
      title: 'Status page',
      description:
        'A page without login that says how the network and its services are, and nothing of keys, endpoints and people. Where there is a policy, it has to let the port pass.',
      examples: [{ from: ['overlay'] }],
    },
  ),
  read: (value): { readonly port: number } | undefined =>
    value === undefined ? undefined : { port: value.port ?? usualPort },
});
