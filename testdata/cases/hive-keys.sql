-- data: odd

-- sequence
SELECT * FROM keys

SELECT typeof(num), typeof(text), typeof(date), typeof(flag), count(*) FROM keys GROUP BY ALL

SELECT num, text, date, flag, count(*), sum(n) FROM keys GROUP BY ALL ORDER BY ALL

SELECT num, count(*) FROM keys GROUP BY num ORDER BY num DESC

SELECT DISTINCT text FROM keys ORDER BY text

SELECT DISTINCT date, flag FROM keys ORDER BY date, flag

SELECT count(*) FROM keys WHERE num = 1

SELECT count(*) FROM keys WHERE num = '1'

SELECT count(*) FROM keys WHERE num = 1.0

SELECT count(*) FROM keys WHERE num > 1.5

SELECT count(*) FROM keys WHERE num IS NULL

SELECT count(*) FROM keys WHERE num IS NOT NULL

SELECT count(*) FROM keys WHERE num <> 1

SELECT count(*) FROM keys WHERE NOT (num = 1)

SELECT count(*) FROM keys WHERE num IN (1, 2, NULL)

SELECT count(*) FROM keys WHERE num NOT IN (1, 2)

SELECT count(*) FROM keys WHERE num NOT IN (1, NULL)

SELECT count(*) FROM keys WHERE num BETWEEN 0 AND 2

SELECT count(*) FROM keys WHERE num NOT BETWEEN 0 AND 2

SELECT count(*) FROM keys WHERE num + 1 = 2

SELECT count(*) FROM keys WHERE abs(num) = 3

SELECT count(*) FROM keys WHERE -num = 3

SELECT count(*) FROM keys WHERE num::VARCHAR = '10'

SELECT count(*) FROM keys WHERE num::VARCHAR < '2'

SELECT count(*) FROM keys WHERE coalesce(num, 0) = 0

SELECT count(*) FROM keys WHERE num IS DISTINCT FROM 1

SELECT count(*) FROM keys WHERE num IS NOT DISTINCT FROM NULL

SELECT count(*) FROM keys WHERE text = 'x y'

SELECT count(*) FROM keys WHERE text = 'x%20y'

SELECT count(*) FROM keys WHERE text = 'a/b'

SELECT count(*) FROM keys WHERE text = 'ä🦆'

SELECT count(*) FROM keys WHERE text = 'NULL'

SELECT count(*), min(text) FROM keys WHERE text IS NULL

SELECT count(*) FROM keys WHERE text LIKE 'x%'

SELECT count(*) FROM keys WHERE text > 'b'

SELECT count(*) FROM keys WHERE text < 'b'

SELECT count(*) FROM keys WHERE text >= 'N' AND text <= 'a0'

SELECT count(*) FROM keys WHERE upper(text) = 'A/B'

SELECT count(*) FROM keys WHERE text COLLATE NOCASE = 'A/B'

SELECT count(*) FROM keys WHERE date = '2024-01-02'

SELECT count(*) FROM keys WHERE date = DATE '2024-01-02'

SELECT count(*) FROM keys WHERE date >= TIMESTAMP '2024-01-01 12:00:00'

SELECT count(*) FROM keys WHERE date < '2024-01-01'

SELECT count(*) FROM keys WHERE year(date) = 2023

SELECT count(*) FROM keys WHERE date_trunc('month', date) = DATE '2024-01-01'

SELECT count(*) FROM keys WHERE date + INTERVAL 1 DAY = TIMESTAMP '2024-01-02 00:00:00'

SELECT count(*) FROM keys WHERE flag

SELECT count(*) FROM keys WHERE NOT flag

SELECT count(*) FROM keys WHERE flag = 'true'

SELECT count(*) FROM keys WHERE flag AND num > 1 OR date IS NULL

SELECT count(*) FROM keys WHERE (num = 1 OR num = 2) AND NOT (text = 'a/b' OR n > 3)

SELECT count(*) FROM keys WHERE num = 1 OR id > 90

SELECT count(*) FROM keys WHERE num = 1 AND num = 2

SELECT count(*) FROM keys WHERE num > 5 AND id < 3

SELECT id FROM keys WHERE num = id ORDER BY id

SELECT id FROM keys WHERE num < id AND num > 1 AND id % 10 = 0 ORDER BY id

SELECT min(num), max(num), min(text), max(text), min(date), max(date), count(num), count(DISTINCT date) FROM keys

SELECT min(num), max(date), count(*) FROM keys WHERE flag

SELECT num, text FROM keys WHERE id = 60

SELECT CASE WHEN num IS NULL THEN 'none' ELSE text END AS t, count(*) FROM keys GROUP BY t ORDER BY t

SELECT num, id, row_number() OVER (PARTITION BY num ORDER BY id DESC) AS r FROM keys QUALIFY r <= 2 ORDER BY num, r

SELECT DISTINCT ON (num) num, id FROM keys ORDER BY num, id DESC

SELECT num, median(n), list(id ORDER BY id)[1:2] FROM keys GROUP BY num ORDER BY num

SELECT num, grouping(num), count(*) FROM keys GROUP BY ROLLUP (num) ORDER BY 1, 2

SELECT k.num, o.word, count(*) FROM keys k JOIN odd o ON k.num = o.id WHERE k.num > 0 GROUP BY ALL ORDER BY ALL

SELECT count(*) FROM keys k LEFT JOIN odd o ON k.num = o.id AND k.flag WHERE o.id IS NULL

SELECT count(*) FROM keys WHERE num = (SELECT max(g) - 3 FROM odd)

SELECT count(*) FROM keys WHERE num IN (SELECT g FROM odd)

SELECT count(*) FROM keys WHERE num NOT IN (SELECT g FROM odd)

SELECT count(*) FROM keys a JOIN keys b USING (num)

SELECT count(*) FROM read_parquet('$DIR/keys/**/*.parquet', hive_partitioning = true) WHERE num = 2

SELECT num, count(*) FROM read_parquet('$DIR/keys/*/*/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false) GROUP BY num ORDER BY num

SELECT count(*), min(id) FROM read_parquet('$DIR/keys/num=1/**/*.parquet')

SELECT count(*), min(id) FROM read_parquet('$DIR/keys/num=1/**/*.parquet', hive_partitioning = false)

SELECT num, count(*) FROM read_parquet(['$DIR/keys/num=1/text=x%20y/date=2024-01-01/flag=true/p.parquet', '$DIR/keys/num=2/text=a%2Fb/date=2024-01-02/flag=false/p.parquet'], hive_partitioning = true) GROUP BY num ORDER BY num

SELECT parse_filename(filename), count(*) FROM read_parquet('$DIR/odd/*.parquet', filename = true) GROUP BY 1 ORDER BY 1

SELECT file_row_number, id FROM read_parquet('$DIR/odd/*.parquet', file_row_number = true) WHERE file_row_number < 2 ORDER BY id

SELECT count(*), sum(id) FROM '$DIR/odd/part-3.parquet'

SELECT count(*) FROM '$DIR/odd/*.parquet' WHERE g = 2

SELECT p.id FROM '$DIR/odd/part-0.parquet' p JOIN odd USING (id) WHERE id < 3 ORDER BY id

SELECT count(*) FROM parquet_scan('$DIR/odd/part-0.parquet')

-- error: any
SELECT count(*) FROM '$DIR/odd/none.parquet'

-- error: any
SELECT count(*) FROM read_parquet('$DIR/missing/*.parquet')
