import { exampleOf, shapeOf } from '../conform.ts';
import { FileSchema } from '../schema.ts';

/** The keys of the file as a document: `docs/file-format.md`. */
export function generateFileFormat(): string {
  return `# The file\n${exampleOf(shapeOf(FileSchema))}\n`;
}
