/**
 * A function of PostgreSQL as a macro of DuckDB. In bodies `{pg_class}` stands for a relation of this room and `{fn:quote_ident}` for
 * another macro; parameters are named p1, p2, ...
 */
export interface Macro {
  /** One for each number of parameters. */
  readonly bodies: Readonly<Record<number, string>>;
}

/** One macro for these numbers of parameters. */
export function macro(parameters: number | readonly number[], body: string): Macro {
  const counts = typeof parameters === 'number' ? [parameters] : parameters;
  return { bodies: Object.fromEntries(counts.map((count) => [count, body])) };
}

/** How an error is raised in SQL: `raisedError` reads it back from DuckDB's message. */
export function raise(sqlstate: string, message: string): string {
  return `error('[' || '${sqlstate}' || ']' || ${message})`;
}

/** SQLSTATE and message of an error that `raise` made. */
export function raisedError(message: string): { readonly sqlstate: string; readonly message: string } | undefined {
  const match = /\[(\w{5})\](.*)$/s.exec(message);
  return match === null ? undefined : { sqlstate: match[1]!, message: match[2]! };
}
