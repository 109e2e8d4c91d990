export interface BenchResult {
  readonly value: number;
  readonly unit: string;
  readonly baseline?: number;
  readonly ratio?: number;
  readonly reached: boolean;
  readonly detail?: string;
}

/** One number of `npm run bench`, and what it should reach. */
export interface Bench {
  readonly name: string;
  readonly target: string;
  run(): Promise<BenchResult>;
}
