\set id random(1, 20000)
\set last :id + 100
\startpipeline
SELECT count(*), sum(amount) FROM events WHERE id BETWEEN :id AND :last;
SELECT abalance FROM pgbench_accounts WHERE aid = :id;
UPDATE pgbench_tellers SET filler = 'x' WHERE tid = -1;
\endpipeline
