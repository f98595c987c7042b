/**
 * SQL text without a question to DuckDB: what DuckDB 1.5.5 would print, letter by letter, for the parts of SQL that fragments are mostly
 * made of. A plan prints a dozen texts, and each question costs about a millisecond. `print-known.test.ts` holds both beside each other.
 */
import type { Expression, JoinRef, Modifier, QueryNode, SelectNode, Statement, TableRef } from './ast.ts';
import {
  expressionText,
  identifier,
  identifiers,
  known,
  mustBe,
  NotKnown,
  orderText,
} from './print-known-expression.ts';

/** The text of the statement; undefined when something in it is not known here. */
export function printKnown({ node, named_param_map }: Statement): string | undefined {
  if (named_param_map.length > 0) return undefined;
  try {
    return queryText(node);
  } catch (error) {
    if (error instanceof NotKnown) return undefined;
    throw error;
  }
}

function statementText({ node, named_param_map }: Statement): string {
  mustBe(named_param_map.length === 0);
  return queryText(node);
}

const text = (expression: Expression) => expressionText(expression, statementText);

function queryText(node: QueryNode): string {
  switch (node.type) {
    case 'SELECT_NODE':
      return `${withText(node)}${selectText(node)}${modifiersText(node.modifiers)}`;
    case 'SET_OPERATION_NODE': {
      const { setop_type, setop_all, left, right, modifiers } = node;
      mustBe(['UNION', 'EXCEPT', 'INTERSECT'].includes(setop_type));
      const operator = `${setop_type}${setop_all ? ' ALL' : ''}`;
      return `${withText(node)}(${queryText(left)}) ${operator} (${queryText(right)})${modifiersText(modifiers)}`;
    }
    default:
      throw new NotKnown();
  }
}

const materializing: Readonly<Record<string, string>> = {
  CTE_MATERIALIZE_DEFAULT: '',
  CTE_MATERIALIZE_ALWAYS: 'MATERIALIZED ',
  CTE_MATERIALIZE_NEVER: 'NOT MATERIALIZED ',
};

function withText({ cte_map: { map } }: QueryNode): string {
  if (map.length === 0) return '';
  const entries = map.map(({ key, value: { aliases, query, materialized, key_targets } }) => {
    mustBe(key_targets.length === 0);
    const columns = aliases.length === 0 ? '' : ` (${identifiers(aliases)})`;
    return `${identifier(key)}${columns} AS ${known(materializing[materialized])}(${statementText(query)})`;
  });
  return `WITH ${entries.join(', ')}`;
}

function selectText(node: SelectNode): string {
  mustBe(node.sample === null);
  const list = node.select_list.map((item) => text(item) + aliasText(item.alias)).join(', ');
  const from = node.from_table.type === 'EMPTY' ? '' : ` FROM ${tableText(node.from_table)}`;
  const clause = (word: string, condition: Expression | null) =>
    condition === null ? '' : ` ${word} ${text(condition)}`;
  const where = clause('WHERE', node.where_clause);
  const after = clause('HAVING', node.having) + clause('QUALIFY', node.qualify);
  return `SELECT ${distinctText(node.modifiers)}${list}${from}${where}${groupText(node)}${after}`;
}

function aliasText(alias: string): string {
  return alias === '' ? '' : ` AS ${identifier(alias)}`;
}

function groupText({ group_sets, group_expressions, aggregate_handling }: SelectNode): string {
  mustBe(aggregate_handling === 'STANDARD_HANDLING');
  if (group_sets.length === 0) return '';
  const sets = group_sets.map((set) => set.map((key) => text(known(group_expressions[key]))).join(', '));
  if (sets.length === 1) return ` GROUP BY ${sets[0] === '' ? '()' : sets[0]}`;
  return ` GROUP BY GROUPING SETS (${sets.map((set) => `(${set})`).join(',')})`;
}

function distinctText(modifiers: readonly Modifier[]): string {
  for (const modifier of modifiers) {
    if (modifier.type !== 'DISTINCT_MODIFIER') continue;
    const targets = modifier.distinct_on_targets;
    return targets.length === 0 ? 'DISTINCT ' : `DISTINCT ON (${targets.map(text).join(', ')}) `;
  }
  return '';
}

function modifiersText(modifiers: readonly Modifier[]): string {
  return modifiers.map(modifierText).join('');
}

function modifierText(modifier: Modifier): string {
  switch (modifier.type) {
    case 'DISTINCT_MODIFIER':
      return '';
    case 'ORDER_MODIFIER':
      return ` ORDER BY ${modifier.orders.map((order) => orderText(order, text)).join(', ')}`;
    case 'LIMIT_MODIFIER': {
      const { limit, offset } = modifier;
      return `${limit === null ? '' : ` LIMIT ${text(limit)}`}${offset === null ? '' : ` OFFSET ${text(offset)}`}`;
    }
    default:
      throw new NotKnown();
  }
}

function tableText(ref: TableRef): string {
  mustBe(ref.sample === null);
  switch (ref.type) {
    case 'BASE_TABLE': {
      mustBe(ref.at_clause === null);
      const path = [ref.catalog_name, ref.schema_name, ref.table_name].filter((part) => part !== '');
      return path.map(identifier).join('.') + tableAlias(ref.alias, ref.column_name_alias);
    }
    case 'SUBQUERY':
      return `(${statementText(ref.subquery)})${tableAlias(ref.alias, ref.column_name_alias)}`;
    case 'JOIN':
      return joinText(ref);
    default:
      throw new NotKnown();
  }
}

function tableAlias(alias: string, columns: readonly string[]): string {
  mustBe(columns.length === 0 || alias !== '');
  return aliasText(alias) + (columns.length === 0 ? '' : `(${identifiers(columns)})`);
}

const joinTypes: ReadonlySet<string> = new Set(['INNER', 'LEFT', 'RIGHT', 'FULL', 'SEMI', 'ANTI']);

function joinText(ref: JoinRef): string {
  const { left, right, condition, join_type, ref_type, using_columns, alias } = ref;
  mustBe(alias === '', ref.duplicate_eliminated_columns.length === 0);
  if (ref_type === 'CROSS') {
    mustBe(condition === null, using_columns.length === 0);
    return `${tableText(left)} , ${tableText(right)}`;
  }
  mustBe(ref_type === 'REGULAR', joinTypes.has(join_type));
  const by = condition === null ? usingText(using_columns) : ` ON (${text(condition)})`;
  return `${tableText(left)} ${join_type} JOIN ${tableText(right)}${by}`;
}

function usingText(columns: readonly string[]): string {
  mustBe(columns.length > 0);
  return ` USING (${identifiers(columns)})`;
}
