/** What lowering has to know of a query beforehand: everything that must be asked of the engine. */
import type { BoundQuery } from '../bind/bound-query.ts';
import { sameName } from '../bind/scope.ts';
import { SluiceError } from '../errors.ts';
import type { CteEntry, Expression, QueryNode, TableRef } from '../sql/ast.ts';
import { crossJoin, select, star, subquery } from '../sql/build.ts';
import { parseExpressions } from '../sql/parse.ts';
import { printQuery } from '../sql/print.ts';
import { hintsOf } from '../sql/select-hints.ts';
import { walk } from '../sql/walk.ts';
import type { Description, PlannerWorld } from '../world.ts';
import { withCtes } from './lower-query.ts';
import { isContinued } from './lower-set.ts';
import type { SetColumnType, Survey } from './lower-state.ts';
import { type CteFrame, findCte } from './scope.ts';

/** A query that the engine is to describe, with the CTEs that it may name. */
interface Question {
  readonly node: QueryNode;
  readonly ctes: CteFrame | null;
  /** FROM clauses of the SELECTs around it, outermost first: what a correlated query reads. */
  readonly around: readonly TableRef[];
}

interface Findings {
  readonly uses: Map<CteEntry, number>;
  readonly sets: Question[];
  readonly unnamed: Question[];
  /** Set operations that go on with the chain of the one around them. */
  readonly continued: Set<QueryNode>;
}

export async function survey(bound: BoundQuery, world: PlannerWorld): Promise<Survey> {
  const findings: Findings = { uses: new Map(), sets: [], unnamed: [], continued: new Set() };
  visitQuery(findings, bound.statement.node, { ctes: null, around: [] }, false);
  const setTypes = new Map<QueryNode, readonly SetColumnType[] | null>();
  for (const question of findings.sets) setTypes.set(question.node, await typesOf(bound, world, question));
  const names = new Map<QueryNode, readonly string[]>();
  const partialTypes = new Map<QueryNode, readonly string[]>();
  for (const question of findings.unnamed) {
    const described = await describe(bound, world, question);
    if (described === null) continue;
    names.set(
      question.node,
      described.columns.map(({ name }) => name),
    );
    if (isPartial(question.node))
      partialTypes.set(
        question.node,
        described.columns.map(({ type }) => type),
      );
  }
  return { uses: findings.uses, setTypes, names, partialTypes };
}

/** `read`: can names of its columns be used elsewhere? */
function visitQuery(findings: Findings, node: QueryNode, place: Omit<Question, 'node'>, read: boolean): void {
  const ctes = withCtes(node, { ctes: place.ctes, parent: null });
  const around = node.type === 'SELECT_NODE' ? [...place.around, node.from_table] : place.around;
  const question = { node, ctes, around: place.around };
  const isSet = node.type === 'SET_OPERATION_NODE';
  if (isSet && !findings.continued.has(node)) findings.sets.push(question);
  if (isSet && isContinued(node, node.right)) findings.continued.add(node.right);
  const unnamed = read && node.type === 'SELECT_NODE' && node.select_list.some(isUnnamed);
  if (unnamed || isPartial(node)) findings.unnamed.push(question);
  const { cte_map: _, ...parts } = node;
  const inExpression = new Set<QueryNode>();
  walk(parts, {
    expression: (expression) => {
      if (expression.class === 'SUBQUERY') inExpression.add(expression.subquery.node);
      return undefined;
    },
    query: (nested) => {
      const named = isSet ? read || node.setop_type === 'UNION_BY_NAME' : !inExpression.has(nested);
      visitQuery(findings, nested, { ctes, around }, named);
      return false;
    },
    tableRef: (ref) => {
      const frame = ref.type === 'BASE_TABLE' && ref.schema_name === '' ? findCte(ctes, ref.table_name) : undefined;
      if (frame !== undefined) useCte(findings, frame);
      return undefined;
    },
  });
}

function isPartial(node: QueryNode): boolean {
  return node.type === 'SELECT_NODE' && hintsOf(node)?.partial === true;
}

function isUnnamed({ alias, class: kind }: Expression): boolean {
  return alias === '' && kind !== 'COLUMN_REF' && kind !== 'STAR';
}

/** The body is looked into once: it is lowered once. */
function useCte(findings: Findings, { entry, next }: CteFrame): void {
  const before = findings.uses.get(entry) ?? 0;
  findings.uses.set(entry, before + 1);
  if (before === 0) visitQuery(findings, entry.query.node, { ctes: next, around: [] }, true);
}

async function typesOf(
  bound: BoundQuery,
  world: PlannerWorld,
  question: Question,
): Promise<readonly SetColumnType[] | null> {
  const described = await describe(bound, world, question);
  if (described === null) return null;
  const texts = described.columns.map(({ type }) => type);
  const casts = await parseExpressions(
    world,
    texts.map((text) => `CAST(NULL AS ${text})`),
  );
  const types = casts.flatMap((node, i) => (node.class === 'CAST' ? [{ text: texts[i]!, type: node.cast_type }] : []));
  return types.length === texts.length ? types : null;
}

/** Null where a CTE hides another of the same name, or where the engine can't say. */
async function describe(bound: BoundQuery, world: PlannerWorld, question: Question): Promise<Description | null> {
  const map: { readonly key: string; readonly value: CteEntry }[] = [];
  for (let frame = question.ctes; frame !== null; frame = frame.next) {
    const { name, entry } = frame;
    if (map.some(({ key }) => sameName(key, name))) return null;
    map.unshift({ key: name, value: entry });
  }
  const relations = bound.occurrences.map(({ scanName, table }) => ({
    name: scanName,
    columns: table.columns.map(({ name, type }) => ({ name, type })),
  }));
  const ask = async (node: QueryNode): Promise<Description | null> => {
    try {
      return await world.describe(await printQuery(world, { ...node, cte_map: { map } }), relations);
    } catch (error) {
      if (error instanceof SluiceError && error.errorClass === 'user') return null;
      throw error;
    }
  };
  const bare: QueryNode = { ...question.node, cte_map: { map: [] } };
  return (await ask(bare)) ?? (question.around.length === 0 ? null : ask(inPlace(bare, question.around)));
}

/** A correlated query beside the FROM clauses that it reads. */
function inPlace(node: QueryNode, around: readonly TableRef[]): QueryNode {
  return around.reduceRight<QueryNode>((inner, from) => {
    const nested = subquery(inner, '__inner');
    return select([star('__inner')], from.type === 'EMPTY' ? nested : crossJoin(from, nested));
  }, node);
}
