\set id random(1, 20000)
\startpipeline
SELECT count(*), sum(amount) FROM events WHERE id BETWEEN :id AND :id + 100;
SELECT abalance FROM pgbench_accounts WHERE aid = :id;
UPDATE pgbench_tellers SET filler = 'x' WHERE tid = -1;
\endpipeline
