import { join } from 'node:path';
import { isStageRowsLost, SluiceError } from '../../../planner/errors.ts';
import { type OutputColumn, type Plan, type StrategyName, scatteringStrategies } from '../../../planner/plan/plan.ts';
import { checkedLayout, makeWritePlan, rowNumber, type WriteLayout } from '../../../planner/write/write-plan.ts';
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import { writeDataSet } from '../../../worker/engine/write-data-set.ts';
import { typeText } from '../../../worker/rows/types.ts';
import type { StagedFile } from '../../catalog/place-files.ts';
import type { TaskFiles } from '../../coordinator/coordinator.ts';
import { interruptible } from '../../coordinator/interruptible.ts';
import type { Runnable, SessionContext } from '../context.ts';
import { inputChangedRetries, interruptEveryMs } from '../limits.ts';
import { lastQuery, type Queries } from '../query.ts';

/** The rows of a query in files that are not part of a data set yet. */
export interface WrittenRows {
  readonly columns: readonly OutputColumn[];
  readonly rows: number;
  readonly files: readonly StagedFile[];
}

/** Every row passes through a worker: what the gateway would do itself for little data is not worth it here. */
const notHere: readonly StrategyName[] = ['metadata', 'direct'];
/** Nor does it merge rows that are sorted: that is left to stages. */
const notHereSorted: readonly StrategyName[] = [...notHere, 'two_phase'];

/** A query as it is run by workers, its rows in the order of the layout, and as the session runs it, which sorts when it writes. */
export interface WriteSources {
  readonly scattered: Runnable;
  readonly here: Runnable;
}

/**
 * Runs a query and leaves its rows as files below `staging`: by the workers when it reads data sets alone, else by the session's own connection, which
 * has the local tables. Rejects as queries do; what was left in `staging` is then of no use.
 */
export async function writeRows(
  context: SessionContext,
  queries: Queries,
  { scattered: source, here }: WriteSources,
  layout: WriteLayout,
  staging: string,
): Promise<WrittenRows> {
  if (!(await queries.isPlanned(source))) return writeHere(context, queries, here, layout, staging);
  const first = layout.orderBy !== null && layout.hashBy.length === 0 ? notHereSorted : notHere;
  let without = first;
  let joins = true;
  for (let attempt = 0; ; attempt++) {
    const started = performance.now();
    const plan = await queries.plan(source, without, sortRanges(layout));
    if (attempt === 0) for (const notice of plan.notices) context.notice(notice);
    const before = { earlier: 0, plan: performance.now() - started };
    const write = makeWritePlan(plan, layout, { joins });
    try {
      const { rows, files } = await scattered(context, source, write, staging, before);
      return { columns: plan.columns, rows, files: files.map((file) => bucketed(file, layout)) };
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      // As for queries: an error that a part met is judged by one DuckDB, which is one task here.
      const judge = error.errorClass === 'user' && without === first && plan.hinted !== true;
      const changed = error.errorClass === 'input_changed' || isStageRowsLost(error);
      // An exchange needs less memory than a file for each bucket at a time.
      const narrow = error.errorClass === 'oom' && write.stages.some((stage) => stage.write?.joined === true);
      if (!judge && !narrow && (!changed || attempt >= inputChangedRetries)) throw error;
      joins = false;
      if (judge) without = ['metadata', ...scatteringStrategies];
      context.refreshSnapshot();
    }
  }
}

/** Rows that are written in order go to as many ranges as there are to be files. */
function sortRanges({ orderBy, hashBy, partitions }: WriteLayout) {
  return orderBy === null || hashBy.length > 0 || partitions === null ? {} : { sortPartitions: partitions };
}

async function scattered(
  context: SessionContext,
  source: Runnable,
  plan: Plan,
  staging: string,
  before: { readonly earlier: number; readonly plan: number },
): Promise<Pick<WrittenRows, 'rows' | 'files'>> {
  let tasks: readonly TaskFiles[] = [];
  const answer = await context.options.coordinator.run(plan, {
    queryId: context.nextQueryId(),
    settings: context.sessionSettings(),
    sql: source.statement.text,
    user: context.user,
    before,
    exchangeFrameBytes: context.settings.sluice.exchangeFrameBytes,
    connection: context.connection.duckdb,
    signal: context.signal(),
    write: {
      staging,
      onWritten: (written) => {
        tasks = written;
      },
    },
  });
  try {
    for await (const _ of answer) {
      // It has no rows.
    }
  } finally {
    await answer.close();
    context.settings.tellLastQuery(lastQuery(plan, answer.report()));
  }
  return { rows: tasks.reduce((sum, { rows }) => sum + rows, 0), files: tasks.flatMap(stagedFiles) };
}

function stagedFiles({ partition, directory, files }: TaskFiles): readonly StagedFile[] {
  return files.map(({ path, rows, bytes, range }) => ({
    path: join(directory, path),
    // Between the folder that DuckDB was given and the file's name.
    folder: path.split('/').slice(1, -1).join('/'),
    rows,
    bytes,
    place: range ?? partition,
    bucket: null,
  }));
}

/** The place is the bucket when the layout says what is in it. */
function bucketed(file: StagedFile, { hashBy, partitions, orderBy }: WriteLayout): StagedFile {
  const promised = partitions !== null && (hashBy.length > 0 || orderBy !== null);
  return promised ? { ...file, bucket: file.place } : file;
}

/** One DuckDB writes everything. */
async function writeHere(
  context: SessionContext,
  queries: Queries,
  source: Runnable,
  asked: WriteLayout,
  staging: string,
): Promise<WrittenRows> {
  const { columns } = await queries.describe(source);
  const names = columns?.names ?? [];
  const layout = checkedLayout(names, asked);
  const { sql } = await queries.sessionSql(source);
  const { format, options, partitionBy, hashBy, orderBy, partitions, fileBytes } = layout;
  const keys = hashBy.length > 0 ? hashBy : partitionBy;
  const counted = orderBy === null ? [rowNumber] : [];
  const connection = context.connection.duckdb;
  const directory = join(staging, 'session');
  const write = {
    directory,
    names,
    format,
    options,
    partitionBy,
    orderBy,
    ranges: partitions,
    hashBy: partitions === null ? [] : keys.length > 0 ? keys.map(quoteIdentifier) : counted,
    fileBytes,
  };
  const work = () =>
    writeDataSet({ connection, task: { sql, columns: null }, write, setup: [], check: async () => undefined });
  const written = await context.connection.during(() =>
    interruptible(connection, context.signal(), interruptEveryMs, work),
  );
  const files = stagedFiles({ partition: 0, directory, ...written });
  const types = columns?.types ?? [];
  return {
    columns: names.map((name, i) => ({ name, type: typeText(types[i]!) })),
    rows: written.rows,
    files: files.map((file) => bucketed(file, layout)),
  };
}
