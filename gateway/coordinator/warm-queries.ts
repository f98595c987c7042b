/** Queries of every shape over tables that are nowhere: what the planner is warmed up with. */
import type { CatalogSnapshot, ColumnStatistics, DatasetTable, FileStatistics } from '../../planner/catalog.ts';
import { describeFiles } from '../catalog/table-columns.ts';

const filesPerTable = 8;
const rowsPerFile = 500_000;

const columnsOf: Readonly<Record<string, string>> = {
  sales:
    'sale BIGINT, line INTEGER, item BIGINT, person BIGINT, place INTEGER, day INTEGER, sold DATE, shipped DATE, quantity DECIMAL(15,2), price DECIMAL(15,2), discount DECIMAL(15,2), tax DECIMAL(15,2), flag VARCHAR, mode VARCHAR, note VARCHAR',
  returns: 'sale BIGINT, item BIGINT, person BIGINT, day INTEGER, amount DECIMAL(15,2), reason INTEGER',
  items: 'item BIGINT, label VARCHAR, brand VARCHAR, size INTEGER, kind VARCHAR, cost DECIMAL(15,2)',
  people: 'person BIGINT, label VARCHAR, place INTEGER, balance DECIMAL(15,2), phone VARCHAR, segment VARCHAR',
  places: 'place INTEGER, label VARCHAR, region INTEGER, county VARCHAR',
  days: 'day INTEGER, at DATE, year INTEGER, month INTEGER, week INTEGER',
};

/**
 * What the footer of each file would say. This and the tables are made as the catalog makes them, object by object: code that was compiled
 * for objects of one form is thrown away when it meets another.
 */
export const warmStatistics: FileStatistics = {
  rowCount: rowsPerFile,
  rowGroups: [{ rowCount: rowsPerFile, bytes: rowsPerFile * 20, columns: statisticsOfColumns() }],
};

function statisticsOfColumns(): Readonly<Record<string, ColumnStatistics>> {
  const statistics = Object.create(null) as Record<string, ColumnStatistics>;
  for (const { name, type } of Object.values(columnsOf).flatMap(columnsIn)) statistics[name] = statisticsOf(type);
  return statistics;
}

function statisticsOf(type: string): ColumnStatistics {
  const { min, max } = rangeOf(type);
  return { min, max, exact: true, nullCount: 0 };
}

function columnsIn(text: string) {
  return text.split(', ').map((column) => {
    const [name, type] = column.split(' ');
    return { name: name!, type: type!, hive: false };
  });
}

function rangeOf(type: string): { readonly min: string; readonly max: string } {
  if (type === 'DATE') return { min: '1998-01-01', max: '2003-12-31' };
  if (type === 'VARCHAR') return { min: 'a word', max: 'the last word' };
  return type.startsWith('DECIMAL') ? { min: '0.00', max: '9999.00' } : { min: '1', max: '200000' };
}

function tableOf(name: string, columns: string): DatasetTable {
  const table = { schema: 'public', name, format: 'parquet' as const, columns: columnsIn(columns), options: {} };
  const files = Array.from({ length: filesPerTable }, (_, n) => ({
    file: { path: `/${name}/${n}.parquet`, bytes: 10_000_000, mtimeMs: 0.5, inode: n, ctimeMs: 0.5 },
    schema: { columns: table.columns },
  }));
  return { ...table, files: describeFiles(table, false, files, new Map()) };
}

const tables = new Map(Object.entries(columnsOf).map(([name, columns]) => [name, tableOf(name, columns)]));

export const warmCatalog: CatalogSnapshot = {
  version: 'warm',
  lookup: (_schema, name) => tables.get(name),
  names: () => [...tables.keys()],
};

/** `n`: a number that makes the texts new. */
export function warmQueries(n: number): readonly string[] {
  return [
    `SELECT flag, mode, sum(quantity) AS q, sum(price * (1 - discount)) AS p, sum(price * (1 - discount) * (1 + tax)) AS c, avg(quantity) AS a, count(*) AS n
     FROM sales WHERE sold <= CAST('2002-09-${10 + (n % 18)}' AS date) GROUP BY flag, mode ORDER BY flag, mode`,
    `SELECT s.sale, sum(price * (1 - discount)) AS revenue, sold FROM people p, sales s, items i
     WHERE p.person = s.person AND i.item = s.item AND segment = 'S${n}' AND sold < DATE '2001-03-15' AND label LIKE '%x${n}%'
     GROUP BY s.sale, sold ORDER BY revenue DESC, sold LIMIT 10`.replace('label LIKE', 'i.label LIKE'),
    `SELECT mode, count(*) AS n FROM sales s WHERE sold >= DATE '2001-07-01' AND sold < DATE '2001-07-01' + INTERVAL '${n + 1}' month
     AND EXISTS (SELECT * FROM returns r WHERE r.sale = s.sale AND r.amount < s.price) GROUP BY mode ORDER BY mode`,
    `SELECT p.label, i.brand, pl.label FROM items i, people p, places pl, returns r
     WHERE i.item = r.item AND p.person = r.person AND p.place = pl.place AND i.size = ${n} AND i.kind LIKE '%BRASS'
     AND r.amount = (SELECT min(r2.amount) FROM returns r2, people p2 WHERE i.item = r2.item AND p2.person = r2.person)
     ORDER BY p.balance DESC, p.label, pl.label LIMIT 100`,
    `SELECT pl.label, d.year, sum(CASE WHEN i.brand = 'B${n}' THEN s.price * (1 - s.discount) ELSE 0 END) / sum(s.price) AS share
     FROM sales s JOIN items i ON s.item = i.item JOIN places pl ON s.place = pl.place JOIN days d ON s.day = d.day
     WHERE d.year BETWEEN 1999 AND ${2000 + (n % 3)} AND pl.county IN ('a', 'b', 'c') GROUP BY pl.label, d.year ORDER BY d.year, share DESC`,
    `SELECT c, count(*) AS n FROM (SELECT p.person, count(s.sale) AS c FROM people p LEFT OUTER JOIN sales s ON p.person = s.person
     AND s.note NOT LIKE '%special${n}%' GROUP BY p.person) AS o GROUP BY c ORDER BY n DESC, c DESC`,
    `SELECT i.brand, i.kind, count(DISTINCT r.person) AS n FROM returns r, items i WHERE i.item = r.item AND i.brand <> 'B${n}'
     AND i.size IN (49, 14, ${n}) AND r.person NOT IN (SELECT person FROM people WHERE label LIKE '%complaints%') GROUP BY i.brand, i.kind
     ORDER BY n DESC, i.brand`,
    `WITH totals AS (SELECT person, year, sum(price) AS total FROM sales s, days d WHERE s.day = d.day AND month = ${1 + (n % 12)} GROUP BY person, year)
     SELECT p.label, t1.total FROM totals t1, totals t2, people p WHERE t1.person = t2.person AND p.person = t1.person AND t1.year = 2001
     AND t2.year = 2002 AND t1.total > t2.total * 1.2 AND t1.total > (SELECT avg(total) FROM totals t3 WHERE t1.person = t3.person)
     ORDER BY p.label LIMIT 100`,
    `SELECT label, brand, revenue, revenue * 100.0000 / sum(revenue) OVER (PARTITION BY brand) AS ratio, rank() OVER (ORDER BY revenue DESC) AS r
     FROM (SELECT i.label, i.brand, sum(s.price) AS revenue FROM sales s, items i, days d WHERE s.item = i.item AND s.day = d.day
     AND d.at BETWEEN CAST('1999-02-22' AS date) AND CAST('1999-03-${10 + (n % 18)}' AS date) GROUP BY i.label, i.brand) x ORDER BY brand, ratio`,
    `SELECT i.brand, pl.county, avg(s.quantity) AS a, sum(s.price) AS p, GROUPING(pl.county) AS g FROM sales s, items i, places pl
     WHERE s.item = i.item AND s.place = pl.place AND s.discount > 0.0${1 + (n % 9)} GROUP BY ROLLUP (i.brand, pl.county) ORDER BY i.brand, pl.county LIMIT 100`,
    `SELECT 'sales' AS channel, person, sum(price) AS total FROM sales WHERE place = ${n} GROUP BY person
     UNION ALL SELECT 'returns' AS channel, person, sum(amount) AS total FROM returns WHERE reason = ${n} GROUP BY person ORDER BY channel, total LIMIT 100`,
    `SELECT count(*) FROM (SELECT DISTINCT person, day FROM sales WHERE place < ${n} INTERSECT SELECT DISTINCT person, day FROM returns) x`,
    `SELECT sum(price * discount) AS revenue FROM sales WHERE sold >= DATE '2000-01-01' AND discount BETWEEN 0.05 AND 0.07 AND quantity < ${n + 20}`,
    `SELECT substring(phone, 1, 2) AS code, count(*) AS n, sum(balance) AS total FROM people WHERE substring(phone, 1, 2) IN ('13', '${30 + (n % 60)}')
     AND balance > (SELECT avg(balance) FROM people WHERE balance > 0.00) AND NOT EXISTS (SELECT * FROM sales WHERE sales.person = people.person)
     GROUP BY code ORDER BY code`,
    `SELECT s.sale, i.label FROM sales s JOIN items i USING (item) WHERE (i.brand = 'a${n}' AND s.quantity >= 1 AND i.size BETWEEN 1 AND 5)
     OR (i.brand = 'b${n}' AND s.quantity >= 10 AND i.size BETWEEN 1 AND 10) ORDER BY s.sale LIMIT 100`,
    `SELECT p.label FROM people p WHERE p.person IN (SELECT r.person FROM returns r WHERE r.item IN (SELECT item FROM items WHERE label LIKE 'x${n}%')
     AND r.amount > (SELECT 0.5 * sum(quantity) FROM sales s WHERE s.item = r.item AND s.person = r.person AND s.sold >= DATE '1999-01-01')) ORDER BY p.label`,
  ];
}
