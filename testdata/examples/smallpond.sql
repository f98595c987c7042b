-- What smallpond does with data frames, said in SQL. Every statement is run by gateway/examples.slow.test.ts on a gateway with two workers.
--
-- `events` is a data set of Parquet files with the columns id, user, day, score, text, words (a list) and embedding (a list of four numbers);
-- `events_csv` and `events_json` have the first four of them. $OUT is a folder that the gateway may write.
--
-- A line that begins with `-- same as:` says what one DuckDB is asked over the same files: the rows have to be equal. `-- gives:` is a row of the answer.

-- # Read, repartition by hash, SQL per partition, write
-- sp.read_parquet(...).repartition(4, hash_by="user"); sp.partial_sql("SELECT ... FROM {0}", df); df.write_parquet(...)

COPY (
  SELECT /*+ partial_sql repartition(events, 4, hash_by => user) */ "user", count(*) AS events, min(score) AS lowest
  FROM events GROUP BY "user"
) TO '$OUT/per_user' (FORMAT parquet, overwrite);

SELECT count(*), sum(events), min(lowest) FROM read_parquet('$OUT/per_user/*.parquet');
-- same as: SELECT count(DISTINCT "user"), count(*), min(score) FROM events

-- Every partition has its number, from 0, and knows how many there are.
SELECT /*+ partial_sql repartition(events, 4) */ partition_index() AS part, partition_count() AS parts, count(*) > 0 AS rows FROM events;
-- gives: 0|4|t
-- gives: 1|4|t
-- gives: 2|4|t
-- gives: 3|4|t

-- # A chain of views is a plan that runs when it is asked for
-- Data frames of smallpond are lazy; views are too. Nothing runs before the last statement.

CREATE VIEW by_user AS SELECT /*+ repartition(events, 3, hash_by => (user)) */ * FROM events;
CREATE VIEW best AS SELECT /*+ partial_sql */ "user", max(score) AS best FROM by_user GROUP BY "user";

SELECT count(*), round(sum(best), 9) FROM best;
-- same as: SELECT count(*), round(sum(best), 9) FROM (SELECT "user", max(score) AS best FROM events GROUP BY "user")

SELECT "user", best FROM best WHERE best > 0.9;
-- same as: SELECT "user", max(score) AS best FROM events GROUP BY "user" HAVING max(score) > 0.9

-- # Map and filter
-- df.map("..."), df.filter("..."): a SELECT. What would be a Python function is a macro or a function in SQL; its text travels with the task.
-- There are no functions in other languages.

CREATE FUNCTION level(score double precision) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$ SELECT CASE WHEN score >= 0.8 THEN 'high' WHEN score >= 0.4 THEN 'middle' ELSE 'low' END $$;
CREATE MACRO shout(t) AS upper(t) || '!';

SELECT level(score) AS level, count(*) FROM events WHERE "user" <> 7 GROUP BY level;
-- same as: SELECT CASE WHEN score >= 0.8 THEN 'high' WHEN score >= 0.4 THEN 'middle' ELSE 'low' END AS level, count(*) FROM events WHERE "user" <> 7 GROUP BY level

SELECT id, shout(text) FROM events WHERE level(score) = 'high' AND id % 50 = 0;
-- same as: SELECT id, upper(text) || '!' FROM events WHERE score >= 0.8 AND id % 50 = 0

-- # Flat map
-- df.flat_map(...): unnest.

SELECT word, count(*) FROM (SELECT unnest(words) AS word FROM events) w GROUP BY word;
-- same as: SELECT word, count(*) FROM (SELECT unnest(words) AS word FROM events) w GROUP BY word

-- # Min, max and average per key

SELECT "user", min(score), max(score), round(avg(score), 9) FROM events GROUP BY "user";
-- same as: SELECT "user", min(score), max(score), round(avg(score), 9) FROM events GROUP BY "user"

-- # Count

SELECT count(*) FROM events;
-- same as: SELECT count(*) FROM events

-- # Take

SELECT id FROM events LIMIT 5;
-- same as: SELECT id FROM events LIMIT 5

-- # Partitions by a column that holds their number
-- df.repartition(4, by="bucket"): numbers from 0 to 3; any other is an error.

SELECT /*+ partial_sql repartition(b, 4, by => bucket) */ partition_index() AS part, min(bucket), max(bucket), count(*)
FROM (SELECT id % 4 AS bucket FROM events) b;
-- same as: SELECT id % 4, id % 4, id % 4, count(*) FROM events GROUP BY 1

SELECT /*+ partial_sql repartition(b, 3, by => bucket) */ count(*) FROM (SELECT id % 4 AS bucket FROM events) b;
-- fails: 22023

-- # Ranges

SELECT /*+ partial_sql repartition(events, 4, range_by => score) */ count(*) > 0, min(score) >= 0, max(score) <= 1 FROM events;
-- gives: t|t|t
-- gives: t|t|t
-- gives: t|t|t
-- gives: t|t|t

-- # Random shuffle
-- df.random_shuffle(): the same seed gives the same partitions, in the same order, whatever the number of workers.

COPY (SELECT /*+ repartition(events, 5, shuffle => 42) */ id FROM events) TO '$OUT/shuffled' (FORMAT parquet, overwrite);
COPY (SELECT /*+ repartition(events, 5, shuffle => 42) partitions(3) */ id FROM events) TO '$OUT/again' (FORMAT parquet, overwrite);

SELECT count(*), count(DISTINCT id) FROM read_parquet('$OUT/shuffled/*.parquet');
-- same as: SELECT count(*), count(*) FROM events

SELECT id FROM read_parquet('$OUT/shuffled/*.parquet') LIMIT 4000;
-- same rows in the same order as: SELECT id FROM read_parquet('$OUT/again/*.parquet')

-- # Even by rows

SELECT /*+ partial_sql repartition(events, 7, by_rows) */ count(*) FROM events;
-- same as: SELECT (4000 * (i + 1)) // 7 - (4000 * i) // 7 FROM range(7) t(i)

-- # Nested partitions
-- A second hint of the same table divides each partition of the first.

SELECT /*+ partial_sql repartition(events, 3, hash_by => user) repartition(events, 2, by_rows) */ partition_count() AS parts, count(*) > 0 AS rows
FROM events;
-- gives: 6|t
-- gives: 6|t
-- gives: 6|t
-- gives: 6|t
-- gives: 6|t
-- gives: 6|t

-- # Several inputs: divided alike, or given whole

SELECT /*+ partial_sql repartition(e, 4, hash_by => user) repartition(c, 4, hash_by => user) */ count(*) AS pairs
FROM events e JOIN events_csv c ON e."user" = c."user" AND e.day = c.day;
-- sums to: SELECT count(*) FROM events e JOIN events_csv c ON e."user" = c."user" AND e.day = c.day

SELECT /*+ broadcast(c) */ count(*) FROM events e JOIN events_csv c ON e.id = c.id;
-- same as: SELECT count(*) FROM events e JOIN events_csv c ON e.id = c.id

SELECT /*+ colocate(e, c) */ count(*) FROM events e JOIN events_csv c ON e.id = c.id;
-- same as: SELECT count(*) FROM events e JOIN events_csv c ON e.id = c.id

-- # CSV and JSON in

SELECT /*+ partial_sql repartition(c, 3, by_rows) */ count(*) FROM events_csv c;
-- sums to: SELECT count(*) FROM events_csv

SELECT "user", sum(score) > 0 FROM events_json GROUP BY "user";
-- same as: SELECT "user", sum(score) > 0 FROM events_json GROUP BY "user"

-- # A second run skips what has finished
-- Finished tasks of a named job are kept; see sluice.checkpoints. The second run reads nothing of the files.

SELECT /*+ checkpoint('users per day') task(threads => 1) */ day, count(DISTINCT "user") FROM events GROUP BY day;
-- same as: SELECT day, count(DISTINCT "user") FROM events GROUP BY day
SELECT /*+ checkpoint('users per day') task(threads => 1) */ day, count(DISTINCT "user") FROM events GROUP BY day;
-- same as: SELECT day, count(DISTINCT "user") FROM events GROUP BY day
-- reuses finished tasks

SELECT name, sum(tasks) = sum(of_tasks) AS whole FROM sluice.checkpoints GROUP BY name;
-- gives: users per day|t
DROP CHECKPOINT 'users per day';

-- # Training data: filter, drop duplicates, shuffle into shards of even size

CREATE VIEW clean AS SELECT DISTINCT text FROM events WHERE length(text) > 5;

COPY (SELECT /*+ repartition(clean, 8, shuffle => 7) */ text FROM clean) TO '$OUT/shards' (FORMAT parquet, overwrite);

SELECT count(*), count(DISTINCT text), count(DISTINCT filename) FROM read_parquet('$OUT/shards/*.parquet', filename = true);
-- same as: SELECT count(DISTINCT text), count(DISTINCT text), 8 FROM events WHERE length(text) > 5

SELECT max(n) - min(n) <= 1 AS even FROM (SELECT filename, count(*) AS n FROM read_parquet('$OUT/shards/*.parquet', filename = true) GROUP BY 1) s;
-- gives: t

-- # Nearest neighbours of an embedding, over all partitions

SELECT id, round(distance::DOUBLE, 5) FROM (
  SELECT /*+ partial_sql repartition(events, 4) */ id, array_cosine_distance(embedding::FLOAT[4], [0.1, 0.9, 0.3, 0.5]::FLOAT[4]) AS distance
  FROM events ORDER BY distance, id LIMIT 5
) nearest ORDER BY distance, id LIMIT 5;
-- same as: SELECT id, round(array_cosine_distance(embedding::FLOAT[4], [0.1, 0.9, 0.3, 0.5]::FLOAT[4])::DOUBLE, 5) FROM events ORDER BY array_cosine_distance(embedding::FLOAT[4], [0.1, 0.9, 0.3, 0.5]::FLOAT[4]), id LIMIT 5

SELECT id FROM events ORDER BY array_cosine_distance(embedding::FLOAT[4], [0.1, 0.9, 0.3, 0.5]::FLOAT[4]), id LIMIT 5;
-- same as: SELECT id FROM events ORDER BY array_cosine_distance(embedding::FLOAT[4], [0.1, 0.9, 0.3, 0.5]::FLOAT[4]), id LIMIT 5
