import type { BodyOf, ParamsOf, QueryOf, ResponseOf, RouteName } from '#api';
import type { Actor } from '../actor.ts';
import type { JsonText } from '../json-text.ts';

/** One call of a route, authenticated and checked against its schemas. */
export interface Call<N extends RouteName> {
  readonly params: ParamsOf<N>;
  readonly query: QueryOf<N>;
  readonly body: BodyOf<N>;
  readonly actor: Actor;
  /** Where it comes from. */
  readonly address: string;
  /** What the client calls this request, if it may ask again. */
  readonly request?: string;
}

type Answer<R> = R extends undefined ? undefined : R;

export type Handler<N extends RouteName> = (
  call: Call<N>,
) => Promise<Answer<ResponseOf<N>> | JsonText<ResponseOf<N>> | Buffer | undefined>;

/** One handler for every route: a forgotten one is a type error. */
export type Handlers = { readonly [N in RouteName]: Handler<N> };
