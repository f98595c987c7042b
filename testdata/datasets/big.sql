-- Ten million rows in ten files: long enough to break things in the middle. $DIR is the folder to fill.
CREATE MACRO part(n) AS TABLE
SELECT i AS id, (i * 7919) % 1000003 AS key, ((i % 100000) / 100)::DECIMAL(12, 2) AS amount, 'row ' || (i % 4096) AS label
FROM range(n * 1000000, (n + 1) * 1000000) t(i);
COPY (FROM part(0)) TO '$DIR/big/part-0.parquet' (FORMAT parquet);
COPY (FROM part(1)) TO '$DIR/big/part-1.parquet' (FORMAT parquet);
COPY (FROM part(2)) TO '$DIR/big/part-2.parquet' (FORMAT parquet);
COPY (FROM part(3)) TO '$DIR/big/part-3.parquet' (FORMAT parquet);
COPY (FROM part(4)) TO '$DIR/big/part-4.parquet' (FORMAT parquet);
COPY (FROM part(5)) TO '$DIR/big/part-5.parquet' (FORMAT parquet);
COPY (FROM part(6)) TO '$DIR/big/part-6.parquet' (FORMAT parquet);
COPY (FROM part(7)) TO '$DIR/big/part-7.parquet' (FORMAT parquet);
COPY (FROM part(8)) TO '$DIR/big/part-8.parquet' (FORMAT parquet);
COPY (FROM part(9)) TO '$DIR/big/part-9.parquet' (FORMAT parquet);
