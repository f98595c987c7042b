/**
 * Hard clients in a process of their own, nicer than the others, so that what is measured is what they cost the gateway and not the work
 * of being them. Arguments: port, counts as JSON. Any message ends them; how many came is told back.
 */
import { constants, setPriority } from 'node:os';
import { HardClients, type HardKind } from '../harness/hard-clients.ts';

setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
const [port, counts] = process.argv.slice(2) as [string, string];
const clients = HardClients.start(Number(port), JSON.parse(counts) as Readonly<Partial<Record<HardKind, number>>>);
process.once('message', () => {
  const { vanished, told } = clients;
  const connected = { slow: clients.connected('slow'), silent: clients.connected('silent') };
  clients.stop();
  process.send?.({ vanished, told: told.length, connected });
});
