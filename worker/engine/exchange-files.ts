/** How rows lie in the files that stages leave for each other. */
import type { OutputColumn } from '../../planner/plan/plan.ts';
import { parseType } from '../rows/types.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import { storedType } from './stored-type.ts';

/** What is selected so that a file has the columns, in types that files keep. `of`: the relation that has them. */
export function encodedItems(columns: readonly OutputColumn[], of = ''): readonly string[] {
  return columns.map(({ name, type }) => {
    const column = `${of}${quoteIdentifier(name)}`;
    const stored = storedType(parseType(type));
    return stored === null ? column : `${stored.encode(column)} AS ${quoteIdentifier(name)}`;
  });
}

/** What is selected of a file so that the columns are what they were. */
export function decodedItems(columns: readonly OutputColumn[]): readonly string[] {
  return columns.map(({ name, type }) => {
    const column = quoteIdentifier(name);
    const stored = storedType(parseType(type));
    return stored === null ? column : `${stored.decode(column)} AS ${column}`;
  });
}

/** Paths as arguments of `read_parquet`: each just itself, although it takes patterns. */
export function fileList(paths: readonly string[]): string {
  const literals = paths.map((path) => quoteLiteral(path.replaceAll(/[*?[]/g, '[$&]')));
  return `[${literals.join(', ')}], hive_partitioning = false`;
}
