/** Hints of a SELECT as operators: what divides its relations, and a text that runs once per partition. */
import { sameName } from '../bind/scope.ts';
import { errors, type SluiceError } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import type { BaseTable, SelectNode, SubqueryRef, TableRef } from '../sql/ast.ts';
import { baseTable } from '../sql/build.ts';
import { type DivisionHint, hintsOf, isHintMarker, type SelectHints } from '../sql/select-hints.ts';
import { rewrite } from '../sql/walk.ts';
import { type LoweredFrom, lowerFrom } from './lower-from.ts';
import type { QueryPlace } from './lower-query.ts';
import { type Lowered, unordered } from './lower-result.ts';
import { type Lowering, newId, refuse } from './lower-state.ts';
import { type Division, partialRelation, type Rel, type RelPartial } from './rel.ts';
import { columnOf, columnValue, findCte, type ScopeRelation } from './scope.ts';

/** A hint can't be obeyed: the user's error, whatever else could be done with the query. */
export class BadHint extends Error {
  readonly error: SluiceError;

  constructor(error: SluiceError) {
    super(error.message);
    this.name = 'BadHint';
    this.error = error;
  }
}

/** The relation, divided as the hints that name it say; itself when none does. */
export function withDivisions(
  from: LoweredFrom,
  names: readonly string[],
  divisions: readonly DivisionHint[],
): LoweredFrom {
  const own = divisions.filter(({ table }) => names.some((name) => sameName(name, table)));
  const [relation] = from.relations;
  if (own.length === 0 || relation === undefined) return from;
  const steps = own.map((hint) => divisionOf(from.rel, relation, hint));
  const partitions = steps.reduce((product, step) => product * step.partitions, 1);
  if (partitions > maxPartitions)
    throw new BadHint(
      errors.invalidHint(
        `repartition(${own[0]!.table}, ...) makes ${partitions} partitions`,
        `At most ${maxPartitions}.`,
        own[0]!.at,
      ),
    );
  return { ...from, rel: { op: 'repartition', input: from.rel, steps }, order: unordered };
}

/** Most partitions that nested hints may multiply to. */
const maxPartitions = 4096;

function divisionOf(rel: Rel, relation: ScopeRelation, hint: DivisionHint): Division {
  const { by, at, table } = hint;
  const value = (name: string) => {
    const column = columnOf(relation, name);
    if (column === undefined) {
      const near = nearestName(
        name,
        relation.columns.map((other) => other.name),
      );
      throw new BadHint(errors.undefinedColumn(`${table}.${name}`, near, at ?? undefined));
    }
    return columnValue(column);
  };
  if (hint.partitions === null) {
    const column = by.kind === 'column' ? by.column : '';
    const problem = `repartition(${table}, by => ${column}) says no number of partitions`;
    throw new BadHint(
      errors.invalidHint(
        problem,
        `repartition(${table}, n, by => ${column}), the column holding numbers from 0 to n - 1.`,
        at,
      ),
    );
  }
  const { partitions } = hint;
  switch (by.kind) {
    case 'files':
      return { kind: rel.op === 'scan' ? 'files' : 'rows', partitions };
    case 'rows':
      return { kind: 'rows', partitions };
    case 'hash':
      return { kind: 'hash', partitions, keys: by.columns.map(value) };
    case 'range':
      return { kind: 'range', partitions, key: value(by.column) };
    case 'shuffle':
      return { kind: 'shuffle', partitions, seed: by.seed };
    case 'column':
      return { kind: 'number', partitions, value: value(by.column), name: by.column };
  }
}

/** A SELECT under the hint `partial_sql`: its text as it is, over inputs that are relations of their own. */
export function lowerPartial(lowering: Lowering, source: SelectNode, place: QueryPlace, hints: SelectHints): Lowered {
  const names = lowering.survey.names.get(source) ?? refuse('the columns of a SELECT under partial_sql are not known');
  const types = lowering.survey.partialTypes.get(source)!;
  const { cte_map, ...rest } = source;
  const map = cte_map.map.filter(({ key }) => !isHintMarker(key));
  const own = new Set(map.map(({ key }) => key.toLowerCase()));
  const inputs: LoweredFrom[] = [];
  const take = (ref: BaseTable | SubqueryRef): TableRef => {
    const lowered = lowerFrom(lowering, ref, { outer: place.parent, ctes: place.ctes, divisions: hints.divisions });
    const alias = lowered.relations[0]!.alias;
    inputs.push(lowered);
    return baseTable(partialRelation(inputs.length - 1), alias);
  };
  const node = rewrite<SelectNode>(
    { ...rest, cte_map: { map } },
    {
      tableRef: (ref) => {
        if (ref.type === 'SUBQUERY') {
          const named = hints.divisions.some(({ table }) => sameName(table, ref.alias));
          return named || hintsOf(ref.subquery.node) !== undefined ? take(ref) : undefined;
        }
        if (ref.type !== 'BASE_TABLE' || own.has(ref.table_name.toLowerCase())) return undefined;
        const isScan = lowering.bound.occurrences.some(({ scanName }) => scanName === ref.table_name);
        return isScan || findCte(place.ctes, ref.table_name) !== undefined ? take(ref) : undefined;
      },
    },
  );
  const counts = inputs.map(({ rel }) => hintedPartitions(rel));
  const partitions = partitionsOf(counts, inputs, hints);
  const rel: RelPartial = {
    op: 'partial',
    inputs: inputs.map((input) => input.rel),
    fields: inputs.map(({ relations: [relation] }) =>
      relation!.columns.flatMap(({ name, id }) =>
        id === null ? [] : [{ name, expression: columnValue({ name, id }) }],
      ),
    ),
    node,
    columns: names.map((_, i) => ({ id: newId(lowering), type: types[i]! })),
    partitions,
  };
  return { rel, columns: names.map((name, i) => ({ name, id: rel.columns[i]!.id })), order: unordered };
}

function partitionsOf(
  counts: readonly (number | undefined)[],
  inputs: readonly LoweredFrom[],
  { at }: SelectHints,
): number {
  const found = counts.flatMap((count, i) =>
    count === undefined ? [] : [{ count, name: inputs[i]!.relations[0]!.alias }],
  );
  const [first] = found;
  if (first === undefined)
    throw new BadHint(
      errors.invalidHint(
        'partial_sql has no partitions',
        'Divide a relation of its FROM: SELECT /*+ partial_sql repartition(t, 8, hash_by => (k)) */ ...',
        at,
      ),
    );
  const other = found.find(({ count }) => count !== first.count);
  if (other !== undefined)
    throw new BadHint(
      errors.invalidHint(
        `partial_sql meets ${first.count} partitions of ${first.name} and ${other.count} of ${other.name}`,
        'Relations that are divided need the same number of partitions; those without a hint are given whole.',
        at,
      ),
    );
  return first.count;
}

/** The partitions that hints gave a relation; undefined: none, it is taken whole. Row by row what is made of a partition is one. */
export function hintedPartitions(rel: Rel): number | undefined {
  switch (rel.op) {
    case 'repartition':
      return rel.steps.reduce((product, { partitions }) => product * partitions, 1);
    case 'partial':
      return rel.partitions;
    case 'filter':
    case 'project':
      return hintedPartitions(rel.input);
    default:
      return undefined;
  }
}
