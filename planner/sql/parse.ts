import { errors } from '../errors.ts';
import type { PlannerWorld } from '../world.ts';
import type { Constant, Expression, Statement } from './ast.ts';
import { cast, textConstant } from './build.ts';
import { isRawNumber, readJson } from './json.ts';
import { mapAst } from './walk.ts';

/**
 * Parses one SELECT statement. DOUBLE constants become `CAST('text' AS DOUBLE)`: DuckDB prints `1e3` as `1000.0`, which would
 * come back as a DECIMAL. Rejects with 42601 and position for syntax errors, 0A000 for what has no AST (PIVOT statements).
 */
export async function parseStatement(world: PlannerWorld, sql: string): Promise<Statement> {
  return readStatement(await world.serialize(sql));
}

/** How many of the last queries are kept as they were read, and how long the JSON of one may be. */
const keptQueries = 8;
const keptLength = 1024 * 1024;
const lastQueries: { readonly json: string; readonly statement: Statement }[] = [];

/** The same for a client's query, which is analyzed first and planned then: what the first call read is kept for the second. */
export async function parseQuery(world: PlannerWorld, sql: string): Promise<Statement> {
  const json = await world.serialize(sql);
  const known = lastQueries.find((query) => query.json === json);
  if (known !== undefined) return known.statement;
  const statement = readStatement(json);
  if (json.length > keptLength) return statement;
  lastQueries.unshift({ json, statement });
  lastQueries.length = Math.min(lastQueries.length, keptQueries);
  return statement;
}

function readStatement(json: string): Statement {
  const { statements } = readJson<{ readonly statements: readonly Statement[] }>(json);
  if (statements.length !== 1) throw errors.syntax(`expected one statement, found ${statements.length}`);
  return mapAst(statements[0]!, { expression: keepDouble });
}

/** Parses one expression, e.g. the literal of a parameter value. */
export async function parseExpressions(world: PlannerWorld, texts: readonly string[]): Promise<readonly Expression[]> {
  if (texts.length === 0) return [];
  const { node } = await parseStatement(world, `SELECT ${texts.join(',\n')}`);
  if (node.type !== 'SELECT_NODE' || node.select_list.length !== texts.length) {
    throw errors.internal(`expected ${texts.length} expressions`);
  }
  return node.select_list;
}

function keepDouble(node: Expression): Expression | undefined {
  if (node.class !== 'CONSTANT' || node.value.is_null) return undefined;
  const text = floatText(node);
  if (text === undefined) return undefined;
  return { ...cast(textConstant(text), node.value.type), alias: node.alias, query_location: node.query_location };
}

function floatText({ value: { type, value } }: Constant): string | undefined {
  if (type.id !== 'DOUBLE' && type.id !== 'FLOAT') return undefined;
  if (isRawNumber(value)) return value.rawNumber;
  return typeof value === 'number' || typeof value === 'string' ? String(value) : undefined;
}

/** The statement without positions and outer alias differences: for comparing two ASTs. */
export function withoutLocations<T>(root: T): T {
  return JSON.parse(JSON.stringify(root, (key, value) => (key === 'query_location' ? undefined : value))) as T;
}
