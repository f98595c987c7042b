/** What users define with SQL and a query names: views and macros. The planner puts their texts in place of the names, so that they travel. */

/** A view as DuckDB keeps it: the whole text of CREATE VIEW. */
export interface ViewDefinition {
  readonly text: string;
}

/** One form of a macro; a name may have several, told apart by their number of parameters. */
export interface MacroDefinition {
  readonly table: boolean;
  readonly parameters: readonly string[];
  /** DuckDB's type text of each; null where none is said. */
  readonly types: readonly (string | null)[];
  /** An expression, or the query of a table macro. */
  readonly text: string;
}

/** Asked for names that are no data sets, functions of DuckDB or common table expressions. */
export interface Definitions {
  /** Changes whenever an answer would. */
  readonly version: string;
  view(schema: string | undefined, name: string): Promise<ViewDefinition | undefined>;
  macros(schema: string | undefined, name: string): Promise<readonly MacroDefinition[]>;
}
