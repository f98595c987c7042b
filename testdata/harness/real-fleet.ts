import { join, resolve } from 'node:path';
import { LocalFleet, type LocalFleetOptions } from '../../gateway/fleet/local-fleet.ts';
import { HttpServer } from '../../gateway/http/http-server.ts';
import { silentLog } from '../../gateway/observe/log.ts';
import { duckdbVersion } from '../../worker/engine/duckdb-version.ts';

const MiB = 1024 * 1024;
const workers = 2;

export interface RealFleet {
  readonly fleet: LocalFleet;
  readonly stop: () => Promise<void>;
}

/** Two real worker processes, started again 50 ms after they end. `folder`: for what they spill. */
export async function startRealFleet(
  folder: string,
  options: Pick<LocalFleetOptions, 'slots' | 'exchangeDirectory' | 'allowedDirectories'> & Partial<LocalFleetOptions>,
): Promise<RealFleet> {
  let port = 0;
  const fleet = new LocalFleet({
    workers,
    program: resolve('dist/worker/main.js'),
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
    url: () => `ws://127.0.0.1:${port}/fleet`,
    memoryBytes: 512 * MiB,
    maxTempBytes: 1024 * MiB,
    tempDirectory: join(folder, 'tmp'),
    sluiceVersion: '0.0.0',
    duckdbVersion: duckdbVersion(),
    joinToken: null,
    restart: { firstMs: 50, limitMs: 50, stableAfterMs: 10_000, quickEnds: 100 },
    log: silentLog(),
    ...options,
  });
  const http = new HttpServer({ host: '127.0.0.1', port: 0, door: fleet, notReady: () => null });
  port = await http.listen();
  await fleet.start();
  const stop = async () => {
    await fleet.stop();
    await http.close();
  };
  return { fleet, stop };
}
