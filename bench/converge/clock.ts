/** ms of the machine's own clock, with fractions: the same in all its processes, and never set. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;
