import type { FileSet } from '#api';
import { type FileReader, readerOf } from '#spec';

/** Reads the files of a set and no others: what a file includes must have come with it. */
export const fileSetReader = ({ files }: FileSet): FileReader => readerOf(files);
