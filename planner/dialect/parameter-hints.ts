/**
 * What the places of untyped parameters tell of their types where DuckDB leaves them open, or means another integer: operands take the type of
 * the other operand, arguments that of PostgreSQL's function. Comparisons, assignments, LIMIT and the like are left to DuckDB's binder.
 */
import type { Expression, FunctionCall, Parameter, QueryNode, Statement } from '../sql/ast.ts';
import { operator } from '../sql/build.ts';
import { parseStatement } from '../sql/parse.ts';
import { printStatement } from '../sql/print.ts';
import { Scanner } from '../sql/scanner.ts';
import { mapAst, walk } from '../sql/walk.ts';
import type { PlannerWorld } from '../world.ts';
import { argumentTypes, sharedArguments } from './argument-types.ts';
import { insertedItems } from './inserted-items.ts';
import { type LocalColumns, parseable } from './postgres-dialect.ts';
import { rewritePieces } from './postgres-writes.ts';
import { staticType } from './static-type.ts';

/** By n of $n. */
export interface ParameterHints {
  /** DuckDB's types, where the place alone tells. */
  readonly types: ReadonlyMap<number, string>;
  /** Those that have the type of the other operand, if there is such an operator; see `probe`. */
  readonly operands: readonly number[];
  /** The text with these operands as `coalesce($n, other)`, so that a binder gives them the other's type. Never to be run. */
  probe(numbers: ReadonlySet<number>): Promise<string>;
}

/** Operators over operands of one type; `||` is told by DuckDB or is of texts. */
const sharing = /^(?:[-+*/%^&|#]|\/\/|\*\*|<<|>>)$/;
/** Operators of which a parameter's type is told without help. */
const plain = /^(?:[=<>]|<=|>=|<>|!=|::)$/;
/** Words before a bracket that holds no arguments. */
const noFunctions: ReadonlySet<string> = new Set(
  [
    '',
    'in',
    'any',
    'all',
    'some',
    'values',
    'and',
    'or',
    'not',
    'where',
    'on',
    'as',
    'set',
    'over',
    'by',
    'select',
  ].concat([
    'from',
    'with',
    'when',
    'then',
    'else',
    'exists',
    'using',
    'union',
    'conflict',
    'limit',
    'returning',
    'having',
  ]),
);

/** False for a text whose parameters need no hints: compared, assigned, among VALUES. Cheap: it is asked for each text with open parameters. */
export function mayHint(text: string): boolean {
  const scanner = new Scanner(text);
  const brackets: string[] = [];
  let [before, word, parameter] = ['', '', false];
  while (scanner.next()) {
    const { kind } = scanner;
    const value = kind === 'string' || kind === 'quoted' ? '' : scanner.value.toLowerCase();
    if (parameter && (kind === 'operator' ? !plain.test(value) : false)) return true;
    parameter = kind === 'parameter';
    if (parameter) {
      if (/^[^\w\s(),;.[{]+$/.test(before) && !plain.test(before)) return true;
      if (before === '[' || before === 'select' || before === 'cast(') return true;
      const around = brackets.at(-1) ?? 'select';
      if ((before === '(' || before === ',') && (around === 'select' || !noFunctions.has(around))) return true;
    }
    if (value === '(') brackets.push(/^[=<>]+$/.test(before) ? 'row' : word);
    else if (value === ')') brackets.pop();
    word = kind === 'word' ? value : kind === 'quoted' ? 'quoted' : '';
    before = value;
  }
  return false;
}

/** Hints for a query; undefined when there are none, or when it is no text that DuckDB parses. */
export async function queryHints(world: PlannerWorld, source: string): Promise<ParameterHints | undefined> {
  const text = parseable(source);
  const tree = await parseStatement(world, text);
  const { types, operands } = collectHints(tree, new Map(onlyItems(tree).map((number) => [number, 'VARCHAR'])));
  if (types.size === 0 && operands.size === 0) return undefined;
  return { types, operands: [...operands], probe: (numbers) => printStatement(world, probed(tree, numbers)) };
}

/** The same for a statement that writes. `columns`: of a table of the session. */
export async function writeHints(
  world: PlannerWorld,
  source: string,
  columns: LocalColumns,
): Promise<ParameterHints | undefined> {
  const types = new Map(await insertedTypes(source, columns));
  const operands = new Set<number>();
  const differs = (text: string) => /\$\d+[^\d]|[^$\d]\$\d/.test(text);
  await rewritePieces(
    world,
    source,
    async (tree) => {
      const found = collectHints(tree, types);
      for (const [number, type] of found.types) if (!operands.has(number)) types.set(number, type);
      for (const number of found.operands) operands.add(number);
      return tree;
    },
    differs,
  );
  if (types.size === 0 && operands.size === 0) return undefined;
  const probe = (numbers: ReadonlySet<number>) =>
    rewritePieces(world, source, async (tree) => probed(tree, numbers), differs);
  return { types, operands: [...operands], probe };
}

/** `INSERT INTO t (a) SELECT $1`: items of the select list are of their columns' types. */
async function insertedTypes(source: string, columns: LocalColumns): Promise<readonly (readonly [number, string])[]> {
  const target = insertedItems(source);
  if (target === undefined) return [];
  const known = await columns(target.table.at(-2) ?? '', target.table.at(-1)!);
  const named = target.columns?.map((name) =>
    known?.find((column) => column.name.toLowerCase() === name.toLowerCase()),
  );
  const types = (named ?? known ?? []).map((column) => column?.type);
  return target.items.flatMap((item, index) => {
    const type = types[index];
    return item === undefined || type === undefined ? [] : [[item, type] as const];
  });
}

interface Collected {
  readonly types: ReadonlyMap<number, string>;
  readonly operands: ReadonlySet<number>;
}

/** The first place of a parameter decides, as in PostgreSQL. `known`: what is told already. */
function collectHints(tree: Statement, known: ReadonlyMap<number, string>): Collected {
  const types = new Map(known);
  const operands = new Set<number>();
  const set = (node: Expression | undefined, type: string | undefined) => {
    if (node?.class !== 'PARAMETER' || type === undefined || operands.has(numberOf(node))) return;
    if (!types.has(numberOf(node))) types.set(numberOf(node), type);
  };
  walk(tree, {
    expression: (node) => {
      for (const [parameter] of operandsOf(node))
        if (!types.has(numberOf(parameter))) operands.add(numberOf(parameter));
      for (const [argument, type] of placesOf(node)) set(argument, type);
      return true;
    },
  });
  return { types, operands };
}

/** The tree with these operands beside what they are to be like. */
function probed<T>(tree: T, numbers: ReadonlySet<number>): T {
  return mapAst(tree, {
    expression: (node) => {
      const replaced = new Map<Expression, Expression>();
      for (const [parameter, other] of operandsOf(node))
        if (numbers.has(numberOf(parameter)))
          replaced.set(parameter, operator('OPERATOR_COALESCE', [parameter, other]));
      return replaced.size === 0 ? undefined : withReplaced(node, replaced);
    },
  });
}

function withReplaced(node: Expression, replaced: ReadonlyMap<Expression, Expression>): Expression {
  const swap = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map((one) => swap(one))
      : (replaced.get(value as Expression) ?? rowSwapped(value, swap));
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, swap(value)])) as unknown as Expression;
}

function rowSwapped(value: unknown, swap: (value: unknown) => unknown): unknown {
  const row = value as Expression | null;
  if (typeof row !== 'object' || row?.class !== 'FUNCTION' || row.function_name !== 'row') return value;
  return { ...row, children: row.children.map(swap) };
}

const numberOf = ({ identifier }: Parameter) => Number(identifier);

type Pair = readonly [Parameter, Expression];

/** Bare parameters with what they take their type from. */
function operandsOf(node: Expression): readonly Pair[] {
  if (node.class === 'FUNCTION') {
    const [left, right] = node.children;
    if (left === undefined || right === undefined) return [];
    const shares = node.is_operator ? sharing.test(node.function_name) : sharedArguments.has(nameOf(node));
    return shares && node.children.length === 2 ? pairs([left], [right]) : [];
  }
  if (node.class === 'COMPARISON') return ofRows(node.left, node.right);
  if (node.class === 'OPERATOR' && node.type === 'COMPARE_IN') {
    const [first, ...others] = node.children;
    return others.flatMap((other) => ofRows(first!, other));
  }
  return [];
}

function ofRows(left: Expression, right: Expression): readonly Pair[] {
  const items = (node: Expression) => (node.class === 'FUNCTION' && node.function_name === 'row' ? node.children : []);
  return pairs(items(left), items(right));
}

function pairs(left: readonly Expression[], right: readonly Expression[]): readonly Pair[] {
  return left.flatMap((one, index): readonly Pair[] => {
    const other = right[index];
    if (other === undefined || one.class === other.class) return [];
    if (one.class === 'PARAMETER') return told(other) ? [[one, other]] : [];
    return other.class === 'PARAMETER' && told(one) ? [[other, one]] : [];
  });
}

/** A text constant has no type yet. */
function told(node: Expression): boolean {
  return node.class !== 'CONSTANT' || (!node.value.is_null && node.value.type.id !== 'VARCHAR');
}

const nameOf = ({ function_name }: FunctionCall) => function_name.toLowerCase();

type Place = readonly [Expression, string];

/** Types that a parameter has by its place. */
function placesOf(node: Expression): readonly Place[] {
  switch (node.class) {
    case 'FUNCTION':
      return node.is_operator ? [] : ofArguments(nameOf(node), node.children);
    case 'WINDOW':
      return ofArguments(node.function_name, node.children).concat(
        /^(?:lag|lead)$/.test(node.function_name) && node.offset_expr !== null ? [[node.offset_expr, 'INTEGER']] : [],
      );
    case 'OPERATOR':
      return node.type === 'ARRAY_EXTRACT' ? node.children.slice(1).map((child) => [child, 'INTEGER'] as const) : [];
    case 'CAST':
      return castTypes.has(node.cast_type.id) ? [[node.child, node.cast_type.id]] : [];
    default:
      return [];
  }
}

/** DuckDB tells these too, but for a statement in which it leaves another one open. */
const castTypes: ReadonlySet<string> = new Set(
  [
    'SMALLINT',
    'INTEGER',
    'BIGINT',
    'FLOAT',
    'DOUBLE',
    'BOOLEAN',
    'DATE',
    'TIME',
    'TIMESTAMP',
    'UUID',
    'INTERVAL',
  ].concat(['TIMESTAMP WITH TIME ZONE', 'VARCHAR']),
);

function ofArguments(name: string, args: readonly Expression[]): readonly (readonly [Expression, string])[] {
  if (name === 'generate_series') return ofSeries(args);
  const types = argumentTypes(name, args.length);
  return args.flatMap((arg, index): readonly Place[] => (types?.[index] ? [[arg, types[index]]] : []));
}

/** `generate_series(1, $1)`: all alike, but for the step between dates. */
function ofSeries(args: readonly Expression[]): readonly Place[] {
  const type = args.map((arg) => staticType(arg, () => null)).find((one) => one !== null && one !== 'INTERVAL');
  if (type === undefined || type === null) return [];
  const dates = /^(?:DATE|TIMESTAMP)/.test(type);
  return args.map((arg, index) => [arg, dates && index === 2 ? 'INTERVAL' : type] as const);
}

/** Parameters that stand nowhere but as items of a select list: texts. */
function onlyItems(tree: Statement): readonly number[] {
  const counts = new Map<number, number>();
  const items = new Map<number, number>();
  const add = (to: Map<number, number>, node: Parameter) => to.set(numberOf(node), (to.get(numberOf(node)) ?? 0) + 1);
  walk(tree, {
    expression: (node) => {
      if (node.class === 'PARAMETER') add(counts, node);
      return true;
    },
    query: (node: QueryNode) => {
      if (node.type === 'SELECT_NODE')
        for (const item of node.select_list) if (item.class === 'PARAMETER') add(items, item);
      return true;
    },
  });
  return [...items].filter(([number, count]) => counts.get(number) === count).map(([number]) => number);
}
