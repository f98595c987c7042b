-- What `sluice bench` runs over the sample data when no file is named.

SELECT count(*) FROM trades;

SELECT exchange, count(*) AS trades, sum(quantity) AS shares, avg(price) AS average_price, max(price) AS highest
FROM trades GROUP BY exchange ORDER BY exchange;

SELECT ticker, sum(price * quantity) AS turnover FROM trades WHERE month = '2025-06'
GROUP BY ticker ORDER BY turnover DESC LIMIT 10;

SELECT sector, count(*) AS trades, sum(price * quantity) AS turnover
FROM trades JOIN tickers USING (ticker) GROUP BY sector ORDER BY sector;

SELECT month, count(DISTINCT ticker) AS tickers, count(*) FILTER (side = 'buy') AS buys
FROM trades GROUP BY month ORDER BY month;
