import { printAddress } from '../config/address.ts';
import { raiseEventLoop } from '../fleet/event-loop-priority.ts';
import { makeLog } from '../observe/log.ts';
import { type Command, exitCodes } from './command.ts';

/** Resolves when the process was asked to stop. */
export function stopped(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** `sluice serve`: the gateway, until SIGTERM or SIGINT. */
export const serve: Command = {
  name: 'serve',
  summary: 'serve data sets to Postgres clients',
  about: [
    'Starts the gateway and its workers. SIGTERM or SIGINT ends it in order: not ready, no new connections, running',
    'queries may go on for the grace time, then they are cancelled. A second signal ends it at once.',
  ],
  users: ['gateway'],
  flags: {},
  async run({ config }, { print, stop }) {
    const { startGateway } = await import('../main.ts');
    const gateway = await startGateway(config, makeLog({ level: config.logLevel }));
    raiseEventLoop();
    print(`sluice is ready on ${printAddress(gateway.listen)}`);
    await stopped(stop);
    await gateway.close();
    return exitCodes.success;
  },
};
