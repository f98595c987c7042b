CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL, age integer, city varchar(20), born date, score numeric(10,2), seen timestamp, seen_tz timestamptz, active boolean, m mood, tags text[], big bigint, small smallint, f8 double precision, f4 real, code char(3), note json, ref uuid, clock time);
CREATE TABLE orders (id integer PRIMARY KEY, person_id integer, total numeric(12,2), placed timestamp, "Odd name" text, "select" integer);
CREATE TABLE cities (city varchar(20) PRIMARY KEY, country text, area double precision);
CREATE SCHEMA other;
CREATE TABLE other.things (id bigint, label text);
