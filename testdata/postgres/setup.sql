-- Tables that both servers have, as local tables.
CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL, age integer, born date, joined timestamp, active boolean, score double precision, balance numeric(10,2), tags text[], boss integer);
INSERT INTO people VALUES (1, 'Ann', 41, '1983-02-28', '2020-01-31 10:20:30.5', true, 1.5, 100.25, ARRAY['a','b'], NULL);
INSERT INTO people VALUES (2, 'bob', 33, '1991-12-01', '2021-05-05 00:00:00', false, 2.25, -20.50, ARRAY['x y'], 1);
INSERT INTO people VALUES (3, 'Cäsar', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1);
INSERT INTO people VALUES (4, 'dora', 33, '1991-07-15', '2022-12-31 23:59:59.123456', true, -0.1, 0.00, ARRAY['c',NULL], 2);
CREATE TABLE items (id integer PRIMARY KEY, owner integer REFERENCES people (id), label varchar(10) UNIQUE, qty smallint CHECK (qty >= 0), big bigint, price real, made timestamptz, code uuid);
INSERT INTO items VALUES (1, 1, 'one', 5, 5000000000, 1.1, '2024-03-01 12:00:00+00', '6ecd8c99-4036-403d-bf84-cf8400f67836');
INSERT INTO items VALUES (2, 1, 'two', 0, -1, 2.5, '2024-03-31 23:30:00+00', NULL);
INSERT INTO items VALUES (3, 2, 'three', 7, NULL, NULL, NULL, NULL);
CREATE TABLE measures (id integer, reading numeric, readings numeric[]);
INSERT INTO measures VALUES (1, 1.23456789, ARRAY[0.12345, 2.5]), (2, 1234567.0000001, NULL);
