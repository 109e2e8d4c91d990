export { errors as specErrors } from './errors.ts';
export type { FileReader } from './files.ts';
export { generateFileFormat } from './generate/file-format.ts';
export { generateSchema } from './generate/schema.ts';
export { type Loaded, loadNetwork } from './load.ts';
export type * from './network.ts';
export { fnv1a } from './rule-id.ts';
export { formatPort, parsePort } from './text/port.ts';
