-- The sample data set of `sluice demo`. Deterministic: every value is a function of its row's number and DuckDB's hash().
-- Macros only; the program calls them and writes their rows to files.

-- A number from 0 to 1 that belongs to `i` and `salt`.
CREATE MACRO demo_random(i, salt) AS (hash(i, salt) % 1000003) / 1000003.0::DOUBLE;

-- Symbol, listing and base price of company `i`, from 0 to 299.
CREATE MACRO demo_letter(n) AS chr((65 + n % 26)::INTEGER);
CREATE MACRO demo_number(i) AS (i * 7919 + 123) % 17576;
CREATE MACRO demo_ticker(i) AS
  demo_letter(demo_number(i) // 676) || demo_letter(demo_number(i) // 26) || demo_letter(demo_number(i));
CREATE MACRO demo_exchange(i) AS substr('XNYSXNASXLONXPARXETRXTKS', 1 + 4 * (i * 31 % 97 % 6)::INTEGER, 4);
CREATE MACRO demo_base_price(i) AS 5 + (i * 53 % 300) ^ 2 / 200.0;

CREATE MACRO demo_exchanges() AS TABLE
  SELECT * FROM (VALUES
    ('XNYS', 'New York',  'USD', TIME '09:30', TIME '16:00'),
    ('XNAS', 'New York',  'USD', TIME '09:30', TIME '16:00'),
    ('XLON', 'London',    'GBP', TIME '08:00', TIME '16:30'),
    ('XPAR', 'Paris',     'EUR', TIME '09:00', TIME '17:30'),
    ('XETR', 'Frankfurt', 'EUR', TIME '09:00', TIME '17:30'),
    ('XTKS', 'Tokyo',     'JPY', TIME '09:00', TIME '15:30')
  ) AS exchanges(exchange, city, currency, opens, closes);

-- 300 made-up companies and where they are listed.
CREATE MACRO demo_tickers() AS TABLE
  SELECT
    demo_ticker(i) AS ticker,
    (['Amber', 'Birch', 'Cobalt', 'Delta', 'Ember', 'Fjord', 'Granite', 'Harbor', 'Indigo', 'Juniper'])[1 + i % 10]
      || ' ' || (['Foods', 'Power', 'Rail', 'Mining', 'Health', 'Software'])[1 + i // 10 % 6]
      || ' ' || (1 + i // 60)::VARCHAR AS name,
    (['Consumer', 'Energy', 'Industry', 'Materials', 'Health', 'Technology'])[1 + i // 10 % 6] AS sector,
    demo_exchange(i) AS home_exchange,
    DATE '1990-01-01' + (hash(i, 'listed') % 12000)::INTEGER AS listed_on
  FROM range(300) AS rows(i)
  ORDER BY ticker;

-- Trades `first` to `last` - 1 of a month that has `total` of them, in order of time. A few companies have most of the trades; four of five
-- trades are made on the company's home exchange.
CREATE MACRO demo_trades(month_start, first, last, total) AS TABLE
  WITH drawn AS (
    SELECT
      i,
      hash(i, month_start) AS h,
      floor(300 * demo_random(i, month_start) ^ 2)::INTEGER AS t,
      i / total::DOUBLE AS elapsed
    FROM range(first, last) AS rows(i)
  )
  SELECT
    (date_diff('month', DATE '2000-01-01', month_start) * 1000000 + i)::BIGINT AS trade_id,
    month_start::TIMESTAMP
      + to_microseconds((elapsed * date_diff('microsecond', month_start::TIMESTAMP, (month_start + INTERVAL 1 MONTH)::TIMESTAMP))::BIGINT)
      + to_microseconds((h % 300000)::BIGINT) AS traded_at,
    demo_ticker(t) AS ticker,
    demo_exchange(CASE WHEN h // 3 % 5 = 0 THEN (h // 11 % 300)::INTEGER ELSE t END) AS exchange,
    CASE WHEN h // 7 % 100 < 53 THEN 'buy' ELSE 'sell' END AS side,
    (demo_base_price(t) * (1 + 0.2 * sin(t + 6.28 * elapsed) + (h // 1000 % 2001)::INTEGER / 50000.0 - 0.02))::DECIMAL(12, 2) AS price,
    ((1 + h // 13 % 40) * CASE WHEN h // 17 % 10 = 0 THEN 100 ELSE 5 END)::INTEGER AS quantity
  FROM drawn;
