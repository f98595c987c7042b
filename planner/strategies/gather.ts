import type { Occurrence } from '../bind/bound-query.ts';
import { type Stage, stageRelation } from '../plan/plan.ts';
import type { Statement } from '../sql/ast.ts';
import { baseTable, columnRef, conjunction, select } from '../sql/build.ts';
import { mapAst } from '../sql/walk.ts';
import { makeStage, printFragment } from './fragment.ts';
import { declined, type PlanContext, type Strategy } from './strategy.ts';
import { makeTasks, partition, taskText } from './tasks.ts';
import { wholeReason } from './whole.ts';

/**
 * Workers scan, filter and project each data set; the coordinator runs the original query over what comes back. Always right:
 * rows arrive in the order of the files, so that even order-dependent parts see what one DuckDB would see.
 */
export const gather: Strategy = {
  name: 'gather',
  async plan(context) {
    const whole = wholeReason(context);
    if (whole !== undefined) return declined(whole.reason);
    const { occurrences, statement } = context.bound;
    const stages: Stage[] = [];
    for (const occurrence of occurrences) stages.push(await gatherStage(context, occurrence));
    const sql = await printFragment(context, overStages(statement, occurrences));
    return {
      kind: 'plan',
      stages,
      result: { kind: 'sql', sql, scans: [], stages: stages.map(({ id }) => id), where: 'own' },
      reason: 'workers scan and filter, the coordinator runs the query over their rows',
      reduces: false,
    };
  },
};

async function gatherStage(context: PlanContext, occurrence: Occurrence): Promise<Stage> {
  const { id, scanName, alias, table, renamed } = occurrence;
  // A list of column aliases counts columns, so then all must be there, and filters would name columns by their aliases.
  const names = renamed ? table.columns.map(({ name }) => name) : neededColumns(occurrence);
  const relation = renamed || alias === '' ? scanName : alias;
  const filters = renamed ? [] : occurrence.filters;
  const node = select(
    names.map((name) => columnRef(relation, name)),
    baseTable(scanName, relation === scanName ? '' : alias),
    { where_clause: conjunction(filters) },
  );
  const partitioning = await partition(context, occurrence);
  const tasks = makeTasks(context, occurrence, partitioning, []);
  return makeStage(context, {
    id,
    node,
    tasks,
    replayable: true,
    why: `columns and rows of ${table.name} that the query needs, ${taskText(partitioning)}`,
  });
}

/** At least one: rows without columns can't travel. */
function neededColumns({ columns, table }: Occurrence): readonly string[] {
  if (columns.length > 0) return columns;
  const first = table.columns[0];
  return first === undefined ? [] : [first.name];
}

/** The statement over stage tables instead of scans. */
function overStages(statement: Statement, occurrences: readonly Occurrence[]): Statement {
  const stageOf = new Map(occurrences.map(({ scanName, id }) => [scanName, stageRelation(id)]));
  return mapAst(statement, {
    tableRef: (ref) => {
      const stage = ref.type === 'BASE_TABLE' ? stageOf.get(ref.table_name) : undefined;
      if (stage === undefined || ref.type !== 'BASE_TABLE') return undefined;
      return { ...ref, table_name: stage };
    },
  });
}
