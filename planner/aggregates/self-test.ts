/**
 * Start-up check that this DuckDB merges as the rules say: exported states and the layout of avg's state are engine internals.
 * Each rule is run over a small table in three parts and compared with the plain aggregate: many at once, since every start waits for it, and
 * one by one when those do not all agree.
 */
import type { AggregateUse } from './aggregate.ts';
import { disabledName, mergeableNames, mergeRule } from './index.ts';

/** Runs one SQL text and gives its rows. */
export type RunSql = (sql: string) => Promise<readonly (readonly unknown[])[]>;

const twoArguments = /^(covar_|corr$|regr_)/;
/** Floating point may differ in the last digits. */
const tolerance = 1e-12;
/** More in one query take DuckDB longer than two such queries. */
const testsAtOnce = 15;

interface SelfTest {
  readonly use: AggregateUse;
  /** SQL of argument values over a row number `i`. */
  readonly arguments: readonly string[];
}

function testsOf(name: string): readonly SelfTest[] {
  if (name === 'count_star') return [{ use: { name, argumentTypes: [], resultType: 'BIGINT' }, arguments: [] }];
  const types = argumentTypes(name);
  return types.map((type) => {
    const value = type === 'BOOLEAN' ? 'i % 3 = 0' : `CAST(i * 37 % 101 - 50 AS ${type})`;
    const list = twoArguments.test(name) ? [value, `CAST(i * 17 % 89 AS ${type})`] : [value];
    return { use: { name, argumentTypes: list.map(() => type), resultType: 'BIGINT' }, arguments: list };
  });
}

function argumentTypes(name: string): readonly string[] {
  if (name === 'avg' || name === 'mean')
    return ['SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'DECIMAL(4,1)', 'DECIMAL(9,2)', 'DECIMAL(18,6)', 'DOUBLE'];
  if (name.startsWith('bool_') || name === 'count_if' || name === 'countif') return ['BOOLEAN'];
  if (name.startsWith('bit_') || name === 'approx_count_distinct') return ['BIGINT'];
  if (name === 'sum' || name === 'min' || name === 'max' || name === 'count') return ['BIGINT', 'DECIMAL(9,2)'];
  return ['DOUBLE'];
}

/** Rows of which none are left, for aggregates of nothing. */
const noRows = 'WHERE part > 5';

/** One query that is true when merged and plain value agree, with and without rows. */
export function selfTestSql(test: SelfTest): string {
  const rule = mergeRule(test.use);
  if (rule.kind === 'none') return 'SELECT false';
  const names = test.arguments.map((_, i) => `__arg${i}`);
  const columns = test.arguments.map((value, i) => `${value} AS __arg${i}`).concat('i % 3 AS part', 'true AS __filter');
  const plain = test.use.name === 'count_star' ? 'count(*)' : `${test.use.name}(${names.join(', ')})`;
  const partials = rule.partials.map((partial, i) => `${partial} AS __p${i}`).join(', ');
  const rows = `SELECT ${columns.join(', ')} FROM range(90) r(i)`;
  const agree = (where: string) => `(SELECT ${equal(test, 'm', 'd')}
    FROM (SELECT ${rule.merge} AS m FROM (SELECT ${partials} FROM (${rows}) ${where} GROUP BY part)),
         (SELECT ${plain} AS d FROM (${rows}) ${where}))`;
  return `SELECT ${agree('')} AND ${agree(noRows)}`;
}

function equal({ use }: SelfTest, merged: string, plain: string): string {
  const same = `(${merged} IS NULL AND ${plain} IS NULL) OR ${merged} = ${plain}`;
  return use.name.startsWith('bool_') ? same : `${same} OR abs(${merged} - ${plain}) <= ${tolerance} * abs(${plain})`;
}

/** What test number `n` adds to a query of several: its arguments and partials have the number in their names. */
function numbered(test: SelfTest, n: number) {
  const rule = mergeRule(test.use);
  if (rule.kind === 'none') return undefined;
  const rename = (sql: string) => sql.replace(/__(arg|p)(\d+)/g, `__$1${n}_$2`);
  const names = test.arguments.map((_, i) => rename(`__arg${i}`));
  const plain = test.use.name === 'count_star' ? 'count(*)' : `${test.use.name}(${names.join(', ')})`;
  return {
    values: test.arguments.map((value, i) => `${value} AS ${names[i]}`),
    partials: rule.partials.map((partial, i) => rename(`${partial} AS __p${i}`)),
    merge: `${rename(rule.merge)} AS m${n}`,
    plain: `${plain} AS d${n}`,
    equal: `(${equal(test, `m${n}`, `d${n}`)})`,
  };
}

/** One query that is true when all of these tests agree. */
function wholeSelfTestSql(tests: readonly SelfTest[]): string {
  const parts = tests.map(numbered).filter((part) => part !== undefined);
  if (parts.length < tests.length) return 'SELECT false';
  const values = parts.flatMap((part) => part.values).concat('i % 3 AS part', 'true AS __filter');
  const rows = `(SELECT ${values.join(', ')} FROM range(90) r(i))`;
  const agree = (where: string) => `(SELECT ${parts.map((part) => part.equal).join(' AND ')}
    FROM (SELECT ${parts.map((part) => part.merge).join(', ')}
          FROM (SELECT ${parts.flatMap((part) => part.partials).join(', ')} FROM ${rows} ${where} GROUP BY part)),
         (SELECT ${parts.map((part) => part.plain).join(', ')} FROM ${rows} ${where}))`;
  return `SELECT ${agree('')} AND ${agree(noRows)}`;
}

/**
 * The `PlannerSettings.disabled` entries of the aggregates whose merge is not right on the DuckDB behind `run`. A test that fails
 * to bind or run counts as not right: its error is told to `report`.
 */
export async function selfTest(
  run: RunSql,
  report: (aggregate: string, reason: string) => void = () => undefined,
): Promise<readonly string[]> {
  if (await allAgree(run)) return [];
  const disabled: string[] = [];
  for (const name of mergeableNames) {
    for (const test of testsOf(name)) {
      const failure = await failureOf(run, selfTestSql(test));
      if (failure === undefined) continue;
      report(name, `${test.use.argumentTypes.join(', ')}: ${failure}`);
      disabled.push(disabledName(name));
      break;
    }
  }
  return disabled;
}

/** Whether every test agrees, asked in few queries. */
async function allAgree(run: RunSql): Promise<boolean> {
  const tests = mergeableNames.flatMap(testsOf);
  for (let at = 0; at < tests.length; at += testsAtOnce)
    if ((await failureOf(run, wholeSelfTestSql(tests.slice(at, at + testsAtOnce)))) !== undefined) return false;
  return true;
}

async function failureOf(run: RunSql, sql: string): Promise<string | undefined> {
  try {
    const rows = await run(sql);
    return rows[0]?.[0] === true ? undefined : 'merged and plain value differ';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
