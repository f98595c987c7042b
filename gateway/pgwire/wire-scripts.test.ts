/** The golden scripts in testdata/wire, each sent whole and byte by byte. Those in its folder `postgres` run on PostgreSQL too. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { localPlanner } from '../../testdata/harness/local-planner.ts';
import { RawClient } from '../../testdata/harness/raw-client.ts';
import { parseScript, runScript } from '../../testdata/harness/wire-script.ts';
import { WireServer } from '../../testdata/harness/wire-server.ts';

const folder = join(import.meta.dirname, '../../testdata/wire');
const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.wire'));

describe.each(names)('%s', (name) => {
  const steps = parseScript(readFileSync(join(folder, name), 'utf8'));
  let server: WireServer;
  const connect = () => RawClient.connect(server.port);

  beforeAll(async () => {
    server = await WireServer.start({ planner: localPlanner });
  });
  afterAll(async () => {
    await server.stop();
  });

  it('in whole segments', async () => {
    await runScript(connect, steps, async ({ socket }, bytes) => {
      socket.write(bytes);
    });
  });

  it('byte by byte', async () => {
    await server.stop();
    server = await WireServer.start({ planner: localPlanner });
    await runScript(connect, steps, async ({ socket }, bytes) => {
      for (const byte of bytes) {
        await new Promise((resolve) => socket.write(Buffer.from([byte]), resolve));
      }
    });
  });
});
