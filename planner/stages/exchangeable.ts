/** Quoted names and literals: what is in them is no type. */
const quoted = /"(?:[^"]|"")*"|'(?:[^']|'')*'/g;
/**
 * Types whose values can't be brought from one DuckDB to another exactly: a VARIANT holds types that Parquet's has not, and DuckDB's C
 * interface can't make one; states of aggregates are bound to the query.
 */
const unmovable = /\b(?:VARIANT|AGGREGATE_STATE|LAMBDA|POINTER|TABLE|ANY|UNKNOWN)\b/i;
const structStart = /\bSTRUCT\(/gi;
/** A field that has a name: the name, then the first word of its type. */
const namedField = /^\s*(?!TIMESTAMP WITH\b|TIME WITH\b)[\p{L}_][\p{L}\p{N}_$]*\s+[\p{L}"]/iu;

/**
 * True when values of a type (as DuckDB's `typeof` prints it) can travel between stages without any change, in files as well as in frames. False also
 * for structs whose fields have no names (`row(1, 2)`): no table can hold them.
 */
export function exchangeable(type: string): boolean {
  const bare = type.replaceAll(quoted, 'quoted');
  if (unmovable.test(bare)) return false;
  return [...bare.matchAll(structStart)].every(({ index }) => namedField.test(bare.slice(index + 'STRUCT('.length)));
}
