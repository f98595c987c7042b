import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Address, printAddress } from '../config/address.ts';
import type { Config } from '../config/settings.ts';
import { raiseEventLoop } from '../fleet/event-loop-priority.ts';
import type { Gateway } from '../main.ts';
import { makeLog } from '../observe/log.ts';
import type { QueryLogRow } from '../observe/query-log.ts';
import { allWorkers } from './all-workers.ts';
import { type Command, exitCodes } from './command.ts';
import { demoShape, ensureDemoData } from './demo-data.ts';
import { stopped } from './serve.ts';
import { tableText } from './table-text.ts';
import { WireClient } from './wire-client.ts';

/** Tried by the demo itself. Reads all of `trades`: above `direct_max_bytes`, so it is scattered. */
const firstQuery = `SELECT exchange, count(*) AS trades, sum(quantity) AS shares,
       round(avg(price), 2) AS average_price, max(price) AS highest
FROM trades
GROUP BY exchange
ORDER BY trades DESC;`;

const furtherQueries = [
  "SELECT ticker, sum(price * quantity) AS turnover FROM trades WHERE month = '2025-06' GROUP BY ticker ORDER BY turnover DESC LIMIT 5",
  'SELECT sector, count(*) AS trades FROM trades JOIN tickers USING (ticker) GROUP BY sector ORDER BY sector',
  'SELECT side, count(*) FROM trades_csv GROUP BY side',
  `EXPLAIN ${firstQuery.replaceAll(/\s+/g, ' ').replace(';', '')}`,
];

/** How the last query ran, from the query log: `strategy: two_phase, tasks: 12 on 2 workers, time: 80 ms`. */
function howItRan(rows: readonly QueryLogRow[], elapsedMs: number): string {
  const end = rows.findLast((row) => row.event === 'end');
  const start = rows.findLast((row) => row.event === 'start' && row.queryId === end?.queryId);
  const strategy = start?.event === 'start' ? start.strategy : 'unknown';
  const where =
    end?.event === 'end' && end.tasks > 0 ? `${end.tasks} tasks on ${end.workers} workers` : 'in the gateway';
  return `strategy: ${strategy}, ${where}, time: ${elapsedMs.toFixed(0)} ms`;
}

/** A host that clients on this machine can connect to. */
function connectable(address: Address): Address {
  if (address.host === '0.0.0.0') return { ...address, host: '127.0.0.1' };
  return address.host === '::' ? { ...address, host: '::1' } : address;
}

function guide(listen: Address, http: Address): readonly string[] {
  const { host, port } = connectable(listen);
  return [
    '',
    'Connect:',
    `  psql  "host=${host} port=${port} user=demo dbname=sluice"`,
    `  JDBC  jdbc:postgresql://${printAddress({ host, port })}/sluice?user=demo`,
    `  HTTP  http://${printAddress(connectable(http))}/readyz`,
    '',
    'Try:',
    ...furtherQueries.map((query) => `  ${query};`),
  ];
}

async function runFirstQuery(gateway: Gateway, print: (line: string) => void): Promise<void> {
  const client = await WireClient.connect(connectable(gateway.listen), 'demo');
  try {
    const answer = await client.query(firstQuery);
    print('');
    firstQuery.split('\n').forEach((line, i) => {
      print(`${i === 0 ? 'sluice=>' : 'sluice->'} ${line}`);
    });
    for (const line of tableText(answer.columns, answer.rows)) print(line);
    print(howItRan(gateway.queries(), answer.elapsedMs));
  } finally {
    client.close();
  }
}

/** The demo keeps its state and data apart from those of `serve`. */
async function demoConfig(config: Config): Promise<{ readonly config: Config; readonly data: string }> {
  const state = resolve(config.state, 'demo');
  await mkdir(state, { recursive: true });
  const data = join(state, 'data');
  return { config: { ...config, state, data: [data, ...config.data] }, data };
}

/** `sluice demo`: makes a sample data set, serves it, and shows a first query. */
export const demo: Command = {
  name: 'demo',
  summary: 'make a sample data set once, serve it, and run a first query',
  about: [
    'Data and state are kept in the folder `demo` of the state folder (.sluice/demo); delete it to begin anew.',
    'Then it goes on like `serve`, until SIGTERM or SIGINT.',
  ],
  users: ['gateway'],
  flags: { once: { kind: 'boolean', value: '', help: 'end after the first query' } },
  async run(loaded, { print, stop }) {
    const started = performance.now();
    const { config, data } = await demoConfig(loaded.config);
    const quiet = loaded.sources.log_level === 'default' ? 'warn' : config.logLevel;
    if (await ensureDemoData(data, demoShape)) {
      print(`Made the sample data in ${data} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    }
    const { startGateway } = await import('../main.ts');
    const gateway = await startGateway(config, makeLog({ level: quiet }));
    raiseEventLoop();
    try {
      await allWorkers(gateway);
      const seconds = (performance.now() - started) / 1000;
      print(`sluice is ready on ${printAddress(gateway.listen)} (${seconds.toFixed(1)} s)`);
      await runFirstQuery(gateway, print);
      for (const line of guide(gateway.listen, gateway.http)) print(line);
      if (loaded.flags.once !== true) {
        print('');
        print('Serving; Ctrl-C ends it.');
        await stopped(stop);
      }
    } finally {
      await gateway.close();
    }
    return exitCodes.success;
  },
};
