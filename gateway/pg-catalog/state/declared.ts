/**
 * What was declared of tables and views and is more than DuckDB keeps: varchar's length, names of constraints, identities, queries as they were
 * written. It stands at the end of the comments of columns, tables and views in DuckDB, so that it comes, goes, and is rolled back with them.
 */
import { z } from 'zod';

/** Of a column. */
const columnShape = z.object({
  /** The declared type and its modifier, where DuckDB's would be shown as another. */
  type: z.object({ oid: z.number(), typmod: z.number() }).optional(),
  /** GENERATED ALWAYS or BY DEFAULT AS IDENTITY. */
  identity: z.enum(['a', 'd']).optional(),
  /** The sequence that goes with the column, as its default names it. */
  sequence: z.string().optional(),
});

const constraintShape = z.object({
  /** pg_constraint.contype */
  type: z.enum(['p', 'u', 'f', 'c']),
  /** Lower case; of CHECK: its place among the table's. */
  columns: z.array(z.string()),
  name: z.string().optional(),
  /** pg_constraint.confdeltype and confupdtype; left out: `a`. */
  onDelete: z.string().optional(),
  onUpdate: z.string().optional(),
  deferrable: z.boolean().optional(),
  deferred: z.boolean().optional(),
  /** What a foreign key refers to, in the same database; its name is always given then. */
  references: z.object({ schema: z.string(), table: z.string(), columns: z.array(z.string()) }).optional(),
  /** MATCH FULL. */
  full: z.boolean().optional(),
  /** Columns that ON DELETE SET NULL and SET DEFAULT change; left out: all. */
  setColumns: z.array(z.string()).optional(),
  /** ADD ... NOT VALID: rows of before were not looked at. */
  notValid: z.boolean().optional(),
});

const tableShape = z.object({ constraints: z.array(constraintShape) });

/** Of a view. */
const viewShape = z.object({
  /** Its query as it was written, in PostgreSQL's SQL. */
  query: z.string().optional(),
  /** Names that were given to its first columns; left out: none. */
  columns: z.array(z.string()).optional(),
});

export type DeclaredColumn = z.infer<typeof columnShape>;
export type DeclaredConstraint = z.infer<typeof constraintShape>;
export type DeclaredTable = z.infer<typeof tableShape>;
export type DeclaredView = z.infer<typeof viewShape>;

/** Unit separator: no comment of a user has it. */
const mark = '\u001fdeclared:';

/** A comment as DuckDB keeps it: the user's and what was declared. Null: none. */
export function commentWith(
  comment: string | null,
  declared: DeclaredColumn | DeclaredTable | DeclaredView,
): string | null {
  const text = JSON.stringify(declared);
  if (text === '{}' || text === '{"constraints":[]}') return comment;
  return `${comment ?? ''}${mark}${text}`;
}

function split<T>(stored: string | null, shape: z.ZodType<T>, none: T): { comment: string | null; declared: T } {
  const at = stored?.lastIndexOf(mark) ?? -1;
  if (stored === null || at < 0) return { comment: stored, declared: none };
  const comment = at === 0 ? null : stored.slice(0, at);
  const { success, data } = shape.safeParse(parsed(stored.slice(at + mark.length)));
  return { comment, declared: success ? data : none };
}

/** Undefined for what is no JSON: somebody wrote the mark by hand. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export const splitColumnComment = (stored: string | null) => split<DeclaredColumn>(stored, columnShape, {});
export const splitViewComment = (stored: string | null) => split<DeclaredView>(stored, viewShape, {});
export const splitTableComment = (stored: string | null) =>
  split<DeclaredTable>(stored, tableShape, { constraints: [] });
