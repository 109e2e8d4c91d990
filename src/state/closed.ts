/** Of an object's schema: fields that are not known are let through, since a newer server may send them. */
export const closed = { additionalProperties: true } as const;
