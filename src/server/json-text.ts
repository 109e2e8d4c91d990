/** A large answer that is JSON already. */
export class JsonText<T> {
  readonly text: string;
  /** What it says; for the compiler only. */
  declare readonly says?: T;

  constructor(text: string) {
    this.text = text;
  }

  /** A list as the last member, an item a line: whoever reads it may parse some lines at a time. `items`: JSON each. */
  static listing<T>(rest: object, name: keyof T & string, items: readonly string[]): JsonText<T> {
    const head = `${JSON.stringify(rest).slice(0, -1)},${JSON.stringify(name)}:[`;
    return new JsonText([head, items.join(',\n'), ']}'].join('\n'));
  }
}
