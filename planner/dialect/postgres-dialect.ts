/**
 * The `postgres` dialect: a parsed query with PostgreSQL's functions, operators and casts in DuckDB's terms. Runs before the query is bound,
 * so every strategy runs what it gives. Only what is known to differ is touched; anything else is left to DuckDB.
 */
import type { CatalogSnapshot, Column } from '../catalog.ts';
import { postgresOperators } from '../passes/postgres-operators.ts';
import type {
  BaseTable,
  Expression,
  FunctionCall,
  SelectNode,
  Statement,
  SubqueryExpression,
  TableRef,
} from '../sql/ast.ts';
import { cast, functionCall, textConstant, withAlias } from '../sql/build.ts';
import { Scanner } from '../sql/scanner.ts';
import { isExpression, isQueryNode, isTableRef, walk } from '../sql/walk.ts';
import type { PlannerWorld } from '../world.ts';
import { withColumnNames } from './column-names.ts';
import { groupedByKeys, type LocalKey } from './group-by-key.ts';
import { comparedConstant, rewriteCast } from './postgres-casts.ts';
import { guardedDivision, rewriteFunction, type Site, textOf, typedSum } from './postgres-functions.ts';
import { rewriteTableFunction } from './postgres-relations.ts';
import { type ColumnTypes, isInteger, staticType } from './static-type.ts';
import { type Fill, withTemplates } from './templates.ts';
import { jsonPath, listOfTexts, readArray } from './text-arrays.ts';

/**
 * What DuckDB's parser does not take in words that it does, of the same length, so that places in the text stay what they are: `#>` and
 * `#>>`; FOR UPDATE and its kin are left out (no query waits for a row here; writers that meet fail with 40001).
 */
export function parseable(source: string): string {
  const unlocked = source.replace(
    /(?:\s+for\s+(?:no\s+key\s+)?(?:update|(?:key\s+)?share)(?:\s+of\s+[\w".,\s]+?)?(?:\s+nowait|\s+skip\s+locked)?)+\s*$/i,
    (clause) => clause.replace(/\S/g, ' '),
  );
  return withArrows(unlocked);
}

function withArrows(source: string): string {
  if (!source.includes('#>')) return source;
  const scanner = new Scanner(source);
  let [text, copied] = ['', 0];
  while (scanner.next()) {
    if (scanner.kind !== 'operator' || !/^#>>?$/.test(scanner.value)) continue;
    text += source.slice(copied, scanner.start) + scanner.value.replace('#', '-');
    copied = scanner.end;
  }
  return text + source.slice(copied);
}

export interface DialectOptions {
  /** Absent: columns of the session's own tables have no type. */
  readonly localColumns?: LocalColumns | undefined;
  /** Absent: no table has a key that it may be grouped by. */
  readonly localKey?: LocalKey | undefined;
  /** The client sees what it gives: NULL alone is then a text. True when left out. */
  readonly answers?: boolean;
}

/** Gives the very statement when there is nothing to rewrite. `source` is the text that it was parsed from. */
export async function postgresDialect(
  world: PlannerWorld,
  statement: Statement,
  source: string,
  catalog: CatalogSnapshot,
  { localColumns, localKey, answers = true }: DialectOptions = {},
): Promise<Statement> {
  const isDataSet = (ref: BaseTable) => catalog.lookup(ref.schema_name || undefined, ref.table_name) !== undefined;
  const grouped = localKey === undefined ? statement : await groupedByKeys(statement, isDataSet, localKey);
  const operators = postgresOperators(grouped, source);
  const tables = new Map<string, readonly Column[] | undefined>();
  for (;;) {
    const wanted = new Map<string, BaseTable>();
    const lookup = (ref: BaseTable): readonly Column[] | undefined => {
      const data = catalog.lookup(ref.schema_name || undefined, ref.table_name);
      const key = `${ref.schema_name}.${ref.table_name}`;
      if (data === undefined && localColumns !== undefined && !tables.has(key)) wanted.set(key, ref);
      return data?.columns ?? tables.get(key);
    };
    const result = await withTemplates(world, (fill) => new Rewriter(fill, source, lookup).run(operators));
    if (wanted.size === 0 || localColumns === undefined) return answers ? withTextForNull(result) : result;
    for (const [key, ref] of wanted) tables.set(key, await localColumns(ref.schema_name, ref.table_name));
  }
}

/** Columns of one of the session's own tables; undefined when it has none of this name. `schema` is '' for the search path. */
export type LocalColumns = (schema: string, name: string) => Promise<readonly Column[] | undefined>;

type Lookup = (ref: BaseTable) => readonly Column[] | undefined;

const unknown: ColumnTypes = () => null;

/** One walk over a statement, children first. */
class Rewriter {
  readonly #fill: Fill;
  readonly #source: string;
  readonly #lookup: Lookup;
  #statement: Statement | undefined;
  /** A CTE may have the name of a table. */
  #hasCtes: boolean | undefined;

  constructor(fill: Fill, source: string, lookup: Lookup) {
    this.#fill = fill;
    this.#source = source;
    this.#lookup = lookup;
  }

  run(statement: Statement): Statement {
    this.#statement = statement;
    return this.#map(statement, this.#site(unknown)) as Statement;
  }

  #map(value: object, site: Site): object {
    if (Array.isArray(value)) return this.#mapEach(value, site);
    if (isExpression(value)) {
      if (value.class === 'CONSTANT' || value.class === 'COLUMN_REF') return value;
      const copy = this.#mapMembers(value, site) as Expression;
      return kept(copy, rewriteExpression(copy, site));
    }
    if (isQueryNode(value) && value.type === 'SELECT_NODE') {
      const own = this.#site(this.#columnsOf(value));
      return withSeries(this.#mapMembers(value, own) as SelectNode, own);
    }
    const copy = this.#mapMembers(withColumnNames(value, this.#source), site);
    return isTableRef(copy) ? (rewriteTableFunction(copy, site) ?? copy) : copy;
  }

  #mapEach(values: readonly unknown[], site: Site): readonly unknown[] {
    let copy: unknown[] | undefined;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (typeof value !== 'object' || value === null) continue;
      const mapped = this.#map(value, site);
      if (mapped === value) continue;
      copy ??= [...values];
      copy[i] = mapped;
    }
    return copy ?? values;
  }

  #mapMembers(value: object, site: Site): object {
    const node = value as Record<string, unknown>;
    let copy: Record<string, unknown> | undefined;
    for (const key in node) {
      const child = node[key];
      if (typeof child !== 'object' || child === null || key === 'cast_type') continue;
      // A function in FROM is rewritten with its table.
      const withTable = key === 'function' && node.type === 'TABLE_FUNCTION';
      const mapped = withTable ? this.#mapMembers(child, site) : this.#map(child, site);
      if (mapped === child) continue;
      copy ??= { ...node };
      copy[key] = mapped;
    }
    return copy ?? value;
  }

  #site(columns: ColumnTypes): Site {
    return { fill: this.#fill, columns, source: this.#source };
  }

  /** Types of the columns of a SELECT over nothing but data sets. */
  #columnsOf({ from_table }: SelectNode): ColumnTypes {
    if (from_table.type === 'EMPTY') return unknown;
    const refs = baseTables(from_table);
    return refs === undefined ? unknown : (names) => this.#typeOf(names, refs);
  }

  /** Asked for only when a rewrite wants to know. */
  #typeOf(names: readonly string[], refs: readonly BaseTable[]): string | null {
    this.#hasCtes ??= this.#statement !== undefined && mentionsCtes(this.#statement);
    if (this.#hasCtes) return null;
    const tables = refs.map((ref) => ({ ref, columns: this.#lookup(ref) }));
    return tables.every(isKnown) ? typeOfColumn(names, tables) : null;
  }
}

interface KnownTable {
  readonly ref: BaseTable;
  readonly columns: readonly Column[];
}

function isKnown(table: {
  readonly ref: BaseTable;
  readonly columns: readonly Column[] | undefined;
}): table is KnownTable {
  return table.columns !== undefined;
}

function mentionsCtes(statement: Statement): boolean {
  let found = false;
  walk(statement, {
    query: (node) => {
      found ||= node.cte_map.map.length > 0;
      return !found;
    },
  });
  return found;
}

/** Null: there is something else in FROM. */
function baseTables(ref: TableRef): readonly BaseTable[] | undefined {
  if (ref.type === 'BASE_TABLE') return ref.column_name_alias.length === 0 ? [ref] : undefined;
  if (ref.type !== 'JOIN') return undefined;
  const [left, right] = [baseTables(ref.left), baseTables(ref.right)];
  return left === undefined || right === undefined ? undefined : [...left, ...right];
}

function typeOfColumn(names: readonly string[], tables: readonly KnownTable[]): string | null {
  const [first = '', second] = names.map((name) => name.toLowerCase());
  if (names.length > 2) return null;
  const types = tables.flatMap(({ ref, columns }) => {
    const named = (ref.alias || ref.table_name).toLowerCase() === first;
    if (second !== undefined && !named) return [];
    const column = columns.find(({ name }) => name.toLowerCase() === (second ?? first));
    return column === undefined ? [] : [column.type.toUpperCase()];
  });
  const [type = null] = types;
  if (type === null || types.some((other) => other !== type)) return null;
  return type.endsWith(']') ? 'LIST' : type.replace(/\(.*$/, '');
}

/** With the name and place of what it replaces. */
function kept(node: Expression, replaced: Expression | undefined): Expression {
  if (replaced === undefined || replaced === node) return node;
  return { ...replaced, alias: node.alias, query_location: node.query_location };
}

function rewriteExpression(node: Expression, site: Site): Expression | undefined {
  switch (node.class) {
    case 'FUNCTION':
      return node.is_operator ? rewriteOperator(node, site) : rewriteFunction(node, site);
    case 'CAST':
      return rewriteCast(node, site);
    case 'LAMBDA': {
      // `a -> b` of JSON
      const path = pathOf(node.expr);
      return path === undefined ? undefined : { ...node, expr: path };
    }
    case 'WINDOW':
      if (node.function_name === 'ntile') return cast(node, 'INTEGER');
      return node.function_name === 'sum' ? typedSum(node, node.children[0], site) : undefined;
    case 'OPERATOR':
      if (node.type === 'COMPARE_IN') {
        const children = compared(node.children, site);
        return children.length === 0 ? undefined : { ...node, children };
      }
      return node.type === 'GROUPING_FUNCTION' ? cast(node, 'INTEGER') : undefined;
    case 'SUBQUERY':
      return anyOfText(node, site);
    case 'COMPARISON': {
      const [left, right] = compared([node.left, node.right], site);
      return left === undefined ? undefined : { ...node, left, right: right! };
    }
    case 'BETWEEN': {
      const [input, lower, upper] = compared([node.input, node.lower, node.upper], site);
      return input === undefined ? undefined : { ...node, input, lower: lower!, upper: upper! };
    }
    default:
      return undefined;
  }
}

/** Operands that are compared, with constants in forms that DuckDB reads; empty: they are right as they are. */
function compared(operands: readonly Expression[], { columns }: Site): readonly Expression[] {
  if (!operands.some((one) => one.class === 'CONSTANT' && zonedConstant.test(textOf(one) ?? ''))) return [];
  const type = operands.map((one) => staticType(one, columns)).find((one) => one !== null) ?? null;
  const read = operands.map((one) => comparedConstant(one, type) ?? one);
  return read.some((one, index) => one !== operands[index]) ? read : [];
}

const zonedConstant = /:\d\d.*[-+z]/i;

/** `x = ANY ('{a,b}')`: a sub-query over `unnest` of the literal. */
function anyOfText(node: SubqueryExpression, { columns }: Site): Expression | undefined {
  const inner = node.subquery.node;
  if (node.subquery_type !== 'ANY' || inner.type !== 'SELECT_NODE' || node.child === null) return undefined;
  const [item] = inner.select_list;
  if (item?.class !== 'FUNCTION' || item.function_name !== 'unnest') return undefined;
  const [literal] = item.children;
  const text = literal?.class === 'CONSTANT' ? textOf(literal) : undefined;
  const elements = text?.trimStart().startsWith('{') ? readArray(text) : undefined;
  if (elements === undefined) return undefined;
  const list = cast(listOfTexts(elements), listType(staticType(node.child, columns) ?? 'VARCHAR'));
  const call = { ...item, children: [list] };
  return { ...node, subquery: { ...node.subquery, node: { ...inner, select_list: [call] } } };
}

/** `{a,b}` as a JSON path. */
function pathOf(key: Expression | undefined): Expression | undefined {
  const text = key?.class === 'CONSTANT' ? textOf(key) : undefined;
  const path = text?.startsWith('{') ? jsonPath(text) : undefined;
  return path === undefined ? undefined : { ...textConstant(path), query_location: key!.query_location };
}

/** Operators before their only operand. */
const prefixes: Readonly<Record<string, string>> = {
  '|/': 'sqrt(CAST($1 AS DOUBLE))',
  '||/': 'cbrt(CAST($1 AS DOUBLE))',
};

function rewriteOperator(node: FunctionCall, site: Site): Expression | undefined {
  const [left, right] = node.children;
  if (left === undefined) return undefined;
  if (right === undefined)
    return Object.hasOwn(prefixes, node.function_name) ? site.fill(prefixes[node.function_name]!, [left]) : undefined;
  const typeOf = (one: Expression) => staticType(one, site.columns);
  switch (node.function_name) {
    case '//':
    case '/':
      return typeOf(left) === 'INTERVAL'
        ? site.fill('$1 * (1 / CAST($2 AS DOUBLE))', [left, right])
        : guardedDivision(node, site);
    case '%':
      return guardedDivision(node, site);
    case '-':
      return typeOf(left) === 'DATE' && typeOf(right) === 'DATE' ? cast(node, 'INTEGER') : undefined;
    case '->>':
    case '->': {
      const path = pathOf(right);
      return path === undefined ? undefined : { ...node, children: [left, path] };
    }
    case '||':
      return concatenation(left, right, typeOf(left), typeOf(right), site);
    case '@>':
      return typeOf(left) === 'JSON' ? site.fill('json_contains($1, CAST($2 AS JSON))', [left, right]) : undefined;
    case '<@':
      return typeOf(right) === 'JSON' || typeOf(left) === 'JSON'
        ? site.fill('json_contains($2, CAST($1 AS JSON))', [left, right])
        : undefined;
    default:
      return undefined;
  }
}

function concatenation(
  left: Expression,
  right: Expression,
  leftType: string | null,
  rightType: string | null,
  { fill }: Site,
): Expression | undefined {
  const isNull = (node: Expression) => node.class === 'CONSTANT' && node.value.is_null;
  if (leftType === 'JSON' || rightType === 'JSON')
    return leftType === 'VARCHAR' || rightType === 'VARCHAR'
      ? undefined
      : fill('json_merge_patch(CAST($1 AS JSON), CAST($2 AS JSON))', [left, right]);
  const single = (type: string | null, node: Expression) =>
    type !== 'LIST' && (type !== null || node.class === 'CONSTANT');
  if (leftType === 'LIST' && isNull(right)) return left;
  if (leftType === 'LIST' && single(rightType, right)) return functionCall('list_append', [left, right]);
  if (rightType === 'LIST' && single(leftType, left)) return functionCall('list_prepend', [left, right]);
  return undefined;
}

/** `generate_series` in a select list gives rows. */
function withSeries(node: SelectNode, { columns }: Site): SelectNode {
  if (!node.select_list.some(isSeries)) return node;
  const list = node.select_list.map((item) => {
    if (!isSeries(item)) return item;
    const narrow = item.children.every((child) => {
      const type = staticType(child, columns);
      return isInteger(type) && type !== 'BIGINT';
    });
    const bare = withAlias(item, '');
    const ofDates = staticType(item.children[0]!, columns) === 'DATE';
    if (ofDates) {
      const zoned = item.children.map((child, index) => (index < 2 ? cast(child, 'TIMESTAMP WITH TIME ZONE') : child));
      return {
        ...functionCall('unnest', [{ ...item, alias: '', children: zoned }]),
        alias: item.alias,
        query_location: item.query_location,
      };
    }
    const series = narrow ? cast(bare, listType('INTEGER')) : bare;
    return { ...functionCall('unnest', [series]), alias: item.alias, query_location: item.query_location };
  });
  return { ...node, select_list: list };
}

function listType(id: string) {
  const child_type = { id, type_info: null };
  return { id: 'LIST', type_info: { type: 'LIST_TYPE_INFO', alias: '', extension_info: null, child_type } };
}

function isSeries(item: Expression): item is FunctionCall {
  return item.class === 'FUNCTION' && item.function_name.toLowerCase() === 'generate_series' && !item.is_operator;
}

/** NULL alone is a text for the client. */
function withTextForNull(statement: Statement): Statement {
  const { node } = statement;
  if (node.type !== 'SELECT_NODE' || !node.select_list.some(isNull)) return statement;
  const list = node.select_list.map((item) => (isNull(item) ? kept(item, cast(withAlias(item, ''), 'VARCHAR')) : item));
  return { ...statement, node: { ...node, select_list: list } };
}

function isNull(item: Expression): boolean {
  return item.class === 'CONSTANT' && item.value.is_null;
}
