/** A large answer that is JSON already. */
export class JsonText<T> {
  readonly text: string;
  /** What it says; for the compiler only. */
  declare readonly says?: T;

  constructor(text: string) {
    this.text = text;
  }
}
