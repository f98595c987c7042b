/** The golden scripts in testdata/wire, each sent whole and byte by byte. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { localPlanner } from '../../testdata/harness/local-planner.ts';
import { RawClient } from '../../testdata/harness/raw-client.ts';
import { parseScript, runScript } from '../../testdata/harness/wire-script.ts';
import { WireServer } from '../../testdata/harness/wire-server.ts';

const folder = join(import.meta.dirname, '../../testdata/wire');
const names = readdirSync(folder).filter((name) => name.endsWith('.wire'));

describe.each(names)('%s', (name) => {
  const steps = parseScript(readFileSync(join(folder, name), 'utf8'));
  let server: WireServer;

  beforeAll(async () => {
    server = await WireServer.start({ planner: localPlanner });
  });
  afterAll(async () => {
    await server.stop();
  });

  it('in whole segments', async () => {
    const client = await RawClient.connect(server.port);
    await runScript(client, steps, async (bytes) => {
      client.socket.write(bytes);
    });
    await client.close();
  });

  it('byte by byte', async () => {
    await server.stop();
    server = await WireServer.start({ planner: localPlanner });
    const client = await RawClient.connect(server.port);
    await runScript(client, steps, async (bytes) => {
      for (const byte of bytes) {
        await new Promise((resolve) => client.socket.write(Buffer.from([byte]), resolve));
      }
    });
    await client.close();
  });
});
