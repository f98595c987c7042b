/** Hard clients on a thread of their own, so that the measuring one is not theirs. Any message ends them; how many came is told back. */
import { parentPort, workerData } from 'node:worker_threads';
import { HardClients, type HardKind } from '../harness/hard-clients.ts';

/** What the thread is given. */
export interface HardClientsData {
  readonly port: number;
  readonly counts: Readonly<Partial<Record<HardKind, number>>>;
}

const { port, counts } = workerData as HardClientsData;
const clients = HardClients.start(port, counts);
parentPort?.once('message', () => {
  const { vanished, told } = clients;
  const connected = { slow: clients.connected('slow'), silent: clients.connected('silent') };
  clients.stop();
  parentPort?.postMessage({ vanished, told: told.length, connected });
});
