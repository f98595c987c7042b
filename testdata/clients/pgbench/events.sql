\set id random(1, 20000)
SELECT region, amount FROM events WHERE id = :id;
SELECT count(*), sum(amount) FROM events WHERE id BETWEEN :id AND :id + 100;
SELECT abalance FROM pgbench_accounts WHERE aid = :id;
BEGIN;
SELECT region, count(*) FROM events GROUP BY region ORDER BY region LIMIT 3;
END;
