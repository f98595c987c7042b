/** A text that runs once per partition: in the tasks of what it divides, beside the whole of everything else that it reads. */
import { hintedPartitions } from '../algebra/lower-partial.ts';
import type { RelPartial } from '../algebra/rel.ts';
import { columnsOf } from '../algebra/walk-rel.ts';
import { parseExpressions } from '../sql/parse.ts';
import type { Compile, Compiler } from './compile.ts';
import { StagesDeclined } from './declined.ts';
import { only, passed } from './group-keys.ts';
import { toAll, together } from './moves.ts';
import type { Open, TaskSource } from './open.ts';

export const compilePartial: Compile<RelPartial> = async (rel, compiler) => {
  const opens: Open[] = [];
  let leader: Open | undefined;
  for (const input of rel.inputs) {
    const open = await compiler.compile(input);
    if (hintedPartitions(input) === undefined) opens.push(toAll(open, compiler));
    else {
      const own = leader !== undefined && isScanned(open) ? await moved(open, rel.partitions, compiler) : open;
      // One that reads files makes the tasks: the others' partitions can be read anywhere.
      if (leader === undefined || isScanned(own)) leader = own;
      opens.push(own);
    }
  }
  const [first, ...rest] = opens;
  if (first === undefined || leader === undefined) throw new StagesDeclined('nothing is divided');
  if (taskCount(leader.tasks) !== rel.partitions) throw new StagesDeclined('the partitions are not those of the hint');
  const placed: RelPartial = { ...rel, inputs: opens.map((open) => open.rel) };
  const size = compiler.size(rel);
  const open = together(
    placed,
    [first, ...rest],
    { distribution: { kind: 'split', ordered: false, keys: [] }, tasks: leader.tasks },
    size,
  );
  return { ...open, why: [...open.why, `once for each of ${rel.partitions} partitions`] };
};

function isScanned({ tasks }: Open): boolean {
  return tasks.kind === 'scan';
}

function taskCount(tasks: TaskSource): number {
  switch (tasks.kind) {
    case 'one':
      return 1;
    case 'scan':
      return tasks.division?.partitions ?? 0;
    case 'partitions':
      return tasks.partitions;
    case 'shares':
      return tasks.tasks;
  }
}

/** Files that are read in other tasks than their own: each row goes to the partition of its task. */
async function moved(open: Open, partitions: number, compiler: Compiler): Promise<Open> {
  const columns = columnsOf(open.rel);
  const column = compiler.newColumn('INTEGER');
  const [expression] = await parseExpressions(compiler.context.world, ['CAST(partition_index() AS INTEGER)']);
  const rel = {
    op: 'project',
    input: open.rel,
    columns: [...passed(columns), { id: column, expression: expression! }],
    many: false,
  } as const;
  const closed = compiler.builder.close({ ...open, rel }, { kind: 'number', column, partitions });
  return only(compiler.builder.read(closed, 'partition'), columns);
}
