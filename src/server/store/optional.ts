/** What is NULL in a row is absent in what we hand out: `{ [key]: value }`, or nothing. */
export const present = <K extends string, V>(key: K, value: V | null): { readonly [P in K]?: V } =>
  (value === null ? {} : { [key]: value }) as { readonly [P in K]?: V };
