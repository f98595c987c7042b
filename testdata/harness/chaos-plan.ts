/** What a chaos run does, from a seed: statements of three clients, and faults that strike meanwhile. Pure. */
import { type ProxyFault, proxyFaultKinds } from './fault-proxy.ts';
import { Draw } from './random-draw.ts';

/** How the queries of a client run. */
export interface ChaosVariant {
  readonly strategy: 'auto' | 'stages';
  readonly partitions: number | null;
  readonly exchange: 'auto' | 'files' | 'frames';
}

/** A data set that is written, and what it has to hold. */
export interface ChaosWrite {
  /** `$DIR` is its folder, `$NAME` the name of its table. The last are what one transaction each appends. */
  readonly statements: readonly string[];
  /** The rows, as one DuckDB gives them. */
  readonly rows: string;
  readonly format: 'parquet' | 'csv';
  /** The files in their order are sorted by this column. */
  readonly sortedBy?: string;
}

export type ChaosFault =
  /** Of a worker of the gateway's own, or of one that has joined by way of the proxy. `ms`: until one that hangs goes on. */
  | { readonly kind: 'kill' | 'hang'; readonly victim: 'local' | 'joined'; readonly place: number; readonly ms: number }
  | { readonly kind: 'net'; readonly fault: Omit<ProxyFault, 'afterBytes'> };

export interface ChaosPlan {
  readonly seed: number;
  readonly variant: ChaosVariant;
  /** Numbers of TPC-H queries, for each of two clients. */
  readonly queries: readonly (readonly number[])[];
  /** One more for the second client. */
  readonly sort: string;
  readonly write: ChaosWrite;
  /** In ms from the start, ascending. */
  readonly faults: readonly { readonly atMs: number; readonly fault: ChaosFault }[];
}

const tpchQueries = 22;
const queriesPerClient = 3;
/** The first fault comes early enough to meet something. */
const firstWithinMs = 250;
const othersWithinMs = 2_000;
const hangMs = [1_000, 4_000] as const;

export function chaosPlan(seed: number): ChaosPlan {
  const draw = Draw.ofSeed(seed);
  const queries = [0, 1].map(() => Array.from({ length: queriesPerClient }, () => 1 + draw.below(tpchQueries)));
  const faults = Array.from({ length: 1 + draw.below(2) }, (_, index) => ({
    atMs: draw.below(index === 0 ? firstWithinMs : othersWithinMs),
    fault: faultOf(draw),
  }));
  return {
    seed,
    variant: {
      strategy: draw.chance(0.7) ? 'stages' : 'auto',
      partitions: draw.pick([2, 3, 7, null]),
      exchange: draw.pick(['auto', 'files', 'frames'] as const),
    },
    queries,
    sort: `SELECT l_orderkey, l_linenumber, l_extendedprice, l_shipdate FROM lineitem WHERE l_orderkey % 20 = ${draw.below(20)}
      ORDER BY l_extendedprice DESC, l_orderkey, l_linenumber`,
    write: writeOf(draw),
    faults: faults.sort((a, b) => a.atMs - b.atMs),
  };
}

function faultOf(draw: Draw): ChaosFault {
  const kind = draw.pick(['kill', 'hang', 'net', 'net'] as const);
  if (kind === 'net') {
    const what = draw.pick(proxyFaultKinds);
    const ms = what === 'delay' ? 10 + draw.below(60) : 200 + draw.below(2_500);
    return { kind, fault: { kind: what, direction: draw.pick(['up', 'down'] as const), ms } };
  }
  const [least, most] = hangMs;
  const victim = draw.pick(['local', 'joined'] as const);
  return { kind, victim, place: draw.below(2), ms: least + draw.below(most - least) };
}

/** The forms of writes; each gives its rows and how they are to be found. */
function writeOf(draw: Draw): ChaosWrite {
  const part = draw.below(4);
  const lines = `SELECT * FROM lineitem WHERE l_orderkey % 4 = ${part}`;
  const partitions = 2 + draw.below(6);
  const makers: readonly (() => ChaosWrite)[] = [
    () => copy(lines, `hash_by (l_orderkey), partitions ${partitions}`),
    () => copy(lines, 'partition_by (l_returnflag)'),
    () => copy(lines, "compression 'zstd'"),
    () => ({
      ...copy(lines, `order_by (l_extendedprice), partitions ${partitions}`),
      sortedBy: 'l_extendedprice',
    }),
    () => ({
      ...copy(
        `SELECT l_orderkey, l_linenumber, l_quantity FROM lineitem WHERE l_orderkey % 4 = ${part}`,
        `FORMAT csv, partitions ${partitions}`,
      ),
      format: 'csv',
    }),
    () => created(partitions, part, draw.chance(0.5)),
  ];
  return draw.pick(makers)();
}

function copy(rows: string, options: string): ChaosWrite {
  return { statements: [`COPY (${rows}) TO '$DIR' (${options})`], rows, format: 'parquet' };
}

/** A table of a join and a group-by that other rows are appended to, once or twice. */
function created(partitions: number, part: number, twice: boolean): ChaosWrite {
  const joined = (which: number) => `SELECT o_custkey, o_orderdate, count(*) AS lines, sum(l_quantity) AS quantity
    FROM lineitem JOIN orders ON l_orderkey = o_orderkey WHERE o_orderkey % 4 = ${which % 4} GROUP BY o_custkey, o_orderdate`;
  const parts = twice ? [part, part + 1, part + 2] : [part, part + 1];
  const [first, ...more] = parts.map(joined);
  return {
    statements: [
      `CREATE TABLE $NAME WITH (location = '$DIR', hash_by = (o_custkey), partitions = ${partitions}) AS ${first}`,
      ...more.map((rows) => `INSERT INTO $NAME ${rows}`),
    ],
    rows: parts.map((which) => `(${joined(which)})`).join(' UNION ALL '),
    format: 'parquet',
  };
}
