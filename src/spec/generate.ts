/** The files that are made from the schema. */
export { generateFileFormat } from './generate/file-format.ts';
export { generateSchema } from './generate/schema.ts';
