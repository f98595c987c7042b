/** Views and macros of the user put in place of their names, so that what is left names only what every DuckDB has. */
import type { CatalogSnapshot } from '../catalog.ts';
import type { Definitions, MacroDefinition } from '../definitions.ts';
import { parseable, postgresDialect } from '../dialect/postgres-dialect.ts';
import { SluiceError } from '../errors.ts';
import type {
  BaseTable,
  Expression,
  FunctionCall,
  LogicalType,
  QueryNode,
  Statement,
  TableFunctionRef,
} from '../sql/ast.ts';
import { cast, subquery, withAlias } from '../sql/build.ts';
import { splitStatements } from '../sql/lexer.ts';
import { parseQuery } from '../sql/parse.ts';
import { printExpression } from '../sql/print.ts';
import { readHints } from '../sql/read-hints.ts';
import { isHintMarker, markHints, markView } from '../sql/select-hints.ts';
import { readViewText } from '../sql/view-text.ts';
import { mapAst, someExpression, walk } from '../sql/walk.ts';
import type { PlannerWorld } from '../world.ts';
import { classOfFunction, classOfTableFunction } from './known-functions.ts';

/** How deep definitions may stand in definitions. */
const maxDepth = 32;
/** Definitions that one query may use: each is parsed. */
const maxUses = 1000;

interface Expansion {
  readonly world: PlannerWorld;
  readonly catalog: CatalogSnapshot;
  readonly definitions: Definitions;
  /** Views stay relations of their own inside of a SELECT that runs once per partition. */
  readonly marksViews: boolean;
  readonly uses: { count: number };
}

/** The very statement when it names no definition. What can't be put in place (a macro with defaults, a name that would mean something else) stays. */
export async function expandDefinitions(
  world: PlannerWorld,
  statement: Statement,
  catalog: CatalogSnapshot,
  definitions: Definitions,
): Promise<Statement> {
  const marksViews = ctesOf(statement).some(isHintMarker);
  return expand({ world, catalog, definitions, marksViews, uses: { count: 0 } }, statement, 0);
}

async function expand(expansion: Expansion, statement: Statement, depth: number): Promise<Statement> {
  if (depth > maxDepth) return statement;
  const ctes = new Set(ctesOf(statement).map((name) => name.toLowerCase()));
  const tables = new Map<object, QueryNode>();
  const columns = new Map<object, readonly string[]>();
  const calls = new Map<object, MacroUse>();
  for (const found of namesIn(statement)) {
    if (expansion.uses.count >= maxUses) break;
    if (found.kind === 'table') {
      const view = await viewOf(expansion, found.ref, ctes, depth);
      if (view === undefined) continue;
      tables.set(found.ref, view.node);
      columns.set(found.ref, view.columns);
    } else {
      const macro = await macroOf(expansion, found.call, found.ref !== undefined, ctes, depth);
      if (macro !== undefined) calls.set(found.ref ?? found.call, macro);
    }
  }
  if (tables.size === 0 && calls.size === 0) return statement;
  const names = await namesOfItems(expansion.world, statement, calls);
  // Bottom-up: arguments are in place before the call that has them.
  return replaceNodes(statement, (node, copy) => {
    const done = replaced(node, copy, tables, columns, calls);
    const name = names.get(node);
    return name === undefined ? done : withAlias(done as Expression, name);
  });
}

/** A column is called by the text of its expression, which is another one when a macro is put in place. */
async function namesOfItems(
  world: PlannerWorld,
  statement: Statement,
  calls: ReadonlyMap<object, MacroUse>,
): Promise<ReadonlyMap<object, string>> {
  const items: Expression[] = [];
  walk(statement, {
    query: (node) => {
      if (node.type !== 'SELECT_NODE') return undefined;
      for (const item of node.select_list)
        if (item.alias === '' && someExpression(item, (part) => calls.has(part))) items.push(item);
      return undefined;
    },
  });
  const names = await Promise.all(items.map((item) => printExpression(world, item)));
  return new Map(items.map((item, i) => [item, names[i]!]));
}

type Found =
  | { readonly kind: 'table'; readonly ref: BaseTable }
  | { readonly kind: 'call'; readonly call: FunctionCall; readonly ref: TableFunctionRef | undefined };

/** What may be a definition. */
function namesIn(statement: Statement): readonly Found[] {
  const found: Found[] = [];
  const ofTables = new Set<FunctionCall>();
  walk(statement, {
    tableRef: (ref) => {
      if (ref.type === 'BASE_TABLE' && ref.at_clause === null && ref.sample === null)
        found.push({ kind: 'table', ref });
      if (ref.type === 'TABLE_FUNCTION' && ref.sample === null) {
        const { function: call } = ref;
        if (call.class !== 'FUNCTION') return undefined;
        ofTables.add(call);
        const name = call.function_name.toLowerCase();
        if (classOfTableFunction(name) === 'session') found.push({ kind: 'call', call, ref });
      }
      return undefined;
    },
    expression: (node) => {
      if (node.class !== 'FUNCTION' || ofTables.has(node)) return undefined;
      if (classOfFunction(node.function_name.toLowerCase(), node.schema) === 'unknown')
        found.push({ kind: 'call', call: node, ref: undefined });
      return undefined;
    },
  });
  return found;
}

function ctesOf(root: unknown): readonly string[] {
  const names: string[] = [];
  walk(root, {
    query: ({ cte_map: { map } }) => {
      for (const { key } of map) names.push(key);
      return undefined;
    },
  });
  return names;
}

async function viewOf(expansion: Expansion, ref: BaseTable, ctes: ReadonlySet<string>, depth: number) {
  const { catalog, definitions, world } = expansion;
  const schema = ref.schema_name || undefined;
  if (schema === undefined && ctes.has(ref.table_name.toLowerCase())) return undefined;
  if (catalog.lookup(schema, ref.table_name) !== undefined) return undefined;
  const definition = await definitions.view(schema, ref.table_name);
  const text = definition === undefined ? undefined : readViewText(definition.text);
  if (text === undefined) return undefined;
  expansion.uses.count++;
  const parsed = await parsedQuery(world, text.dialect === 'postgres' ? parseable(text.query) : text.query);
  if (parsed === undefined) return undefined;
  const hints = readHints(
    splitStatements(text.query).flatMap((part) => part.hints),
    text.query,
  ).hints;
  const isDataSet = (name: string, within: string | undefined) => catalog.lookup(within, name) !== undefined;
  const marked = markHints(parsed, hints, text.query, isDataSet, false);
  const inDialect =
    text.dialect === 'postgres'
      ? await postgresDialect(world, marked, text.query, catalog, { answers: false })
      : marked;
  const inner = await expand({ ...expansion, marksViews: true }, withoutPlaces(inDialect), depth + 1);
  if (capturedBy(inner, ctes)) return undefined;
  const node = expansion.marksViews ? markView(inner.node) : inner.node;
  return { node, columns: text.columns };
}

/** Undefined for what DuckDB has no tree for (PIVOT ...). */
async function parsedQuery(world: PlannerWorld, text: string): Promise<Statement | undefined> {
  try {
    return await parseQuery(world, text);
  } catch (error) {
    if (error instanceof SluiceError && error.errorClass === 'user') return undefined;
    throw error;
  }
}

/** Positions in a definition mean nothing to whoever names it. */
function withoutPlaces<T>(root: T): T {
  return JSON.parse(JSON.stringify(root, (key, value) => (key === 'query_location' ? -1 : value))) as T;
}

/** Would a table of the definition be taken for a common table expression around it? */
function capturedBy(inner: Statement | Expression, ctes: ReadonlySet<string>): boolean {
  if (ctes.size === 0) return false;
  const own = new Set(ctesOf(inner).map((name) => name.toLowerCase()));
  let captured = false;
  walk(inner, {
    tableRef: (ref) => {
      if (ref.type !== 'BASE_TABLE' || ref.schema_name !== '') return undefined;
      const name = ref.table_name.toLowerCase();
      captured ||= ctes.has(name) && !own.has(name);
      return undefined;
    },
  });
  return captured;
}

interface MacroUse {
  readonly definition: MacroDefinition;
  readonly body: Expression | Statement;
  /** Types that arguments are cast to; null: they are taken as they are. */
  readonly casts: readonly (LogicalType | null)[];
}

async function macroOf(
  expansion: Expansion,
  call: FunctionCall,
  table: boolean,
  ctes: ReadonlySet<string>,
  depth: number,
): Promise<MacroUse | undefined> {
  const { definitions, world } = expansion;
  const { children, filter, distinct, order_bys } = call;
  const plain =
    filter === null && !distinct && order_bys.orders.length === 0 && children.every(({ alias }) => alias === '');
  if (!plain) return undefined;
  const forms = await definitions.macros(call.schema || undefined, call.function_name);
  const fitting = forms.filter((form) => form.table === table && form.parameters.length === children.length);
  const [definition] = fitting;
  // Of several DuckDB chooses by the types of the arguments.
  if (definition === undefined || fitting.length > 1) return undefined;
  expansion.uses.count++;
  const parsed = table
    ? await parsedQuery(world, definition.text)
    : await parsedQuery(world, `SELECT ${definition.text}`);
  if (parsed === undefined || hidesParameters(parsed, definition)) return undefined;
  const casts = await typesOf(world, definition);
  if (casts === undefined) return undefined;
  const statement = await expand(expansion, withoutPlaces(parsed), depth + 1);
  if (table) return capturedBy(statement, ctes) ? undefined : { definition, body: statement, casts };
  const { node } = statement;
  const body = node.type === 'SELECT_NODE' ? node.select_list[0] : undefined;
  return body === undefined || capturedBy(body, ctes) ? undefined : { definition, body: withAlias(body, ''), casts };
}

async function typesOf(world: PlannerWorld, { types }: MacroDefinition): Promise<MacroUse['casts'] | undefined> {
  if (types.every((type) => type === null)) return types.map(() => null);
  const list = types.map((type) => (type === null ? 'NULL' : `CAST(NULL AS ${type})`));
  const parsed = await parsedQuery(world, `SELECT ${list.join(', ')}`);
  if (parsed?.node.type !== 'SELECT_NODE') return undefined;
  return parsed.node.select_list.map((item) => (item.class === 'CAST' ? item.cast_type : null));
}

/** A lambda may give the name of a parameter another meaning. */
function hidesParameters(root: unknown, { parameters }: MacroDefinition): boolean {
  let hides = false;
  walk(root, {
    expression: ({ class: kind }) => {
      hides ||= kind === 'LAMBDA' && parameters.length > 0;
      return undefined;
    },
  });
  return hides;
}

function replaced(
  node: object,
  copy: unknown,
  tables: ReadonlyMap<object, QueryNode>,
  columns: ReadonlyMap<object, readonly string[]>,
  calls: ReadonlyMap<object, MacroUse>,
): unknown {
  const view = tables.get(node);
  if (view !== undefined) {
    const { alias, table_name, column_name_alias } = copy as BaseTable;
    const names = [...column_name_alias, ...(columns.get(node) ?? []).slice(column_name_alias.length)];
    return subquery(view, alias || table_name, names);
  }
  const use = calls.get(node);
  if (use === undefined) return copy;
  if ('node' in use.body) {
    const { alias, column_name_alias, function: call } = copy as TableFunctionRef;
    const body = withArguments(use.body, use, (call as FunctionCall).children);
    return subquery(body.node, alias || (call as FunctionCall).function_name, column_name_alias);
  }
  const call = copy as FunctionCall;
  return withAlias(withArguments(use.body, use, call.children), call.alias);
}

/** Parameters are replaced wherever their names stand, as DuckDB does it. */
function withArguments<T>(body: T, { definition, casts }: MacroUse, given: readonly Expression[]): T {
  const values = new Map<string, Expression>(
    definition.parameters.map((name, i) => {
      const type = casts[i] ?? null;
      return [name.toLowerCase(), type === null ? given[i]! : cast(given[i]!, type)];
    }),
  );
  return mapAst(body, {
    expression: (node) => {
      if (node.class !== 'COLUMN_REF' || node.column_names.length !== 1) return undefined;
      const found = values.get(node.column_names[0]!.toLowerCase());
      return found === undefined ? undefined : withAlias(found, node.alias);
    },
  });
}

/** Copies bottom-up; `map` gets each object and its copy, whose parts are mapped already. Parts that stay the same are shared. */
function replaceNodes<T>(root: T, map: (node: object, copy: unknown) => unknown): T {
  const visit = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      const mapped = value.map(visit);
      return mapped.every((item, i) => item === value[i]) ? value : mapped;
    }
    let changed = false;
    const copy: Record<string, unknown> = {};
    for (const [key, child] of Object.entries(value)) {
      copy[key] = visit(child);
      changed ||= copy[key] !== child;
    }
    return map(value, changed ? copy : value);
  };
  return visit(root) as T;
}
