import { readFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { errors } from '../../planner/errors.ts';
import { thisMachine } from '../config/machine.ts';
import { packageVersion } from '../config/package-info.ts';
import type { Config } from '../config/settings.ts';
import { workerSizes } from '../config/sizes.ts';
import { makeLog } from '../observe/log.ts';
import { type Command, exitCodes } from './command.ts';

/** The gateway's address. Raises F0000 when it is missing or no WebSocket address. */
function joinUrl(config: Config): string {
  if (config.join === null) {
    throw errors.configConflict('sluice worker needs the address of a gateway', 'Add --join ws://HOST:PORT.');
  }
  const url = URL.canParse(config.join) ? new URL(config.join) : null;
  if (url === null || !['ws:', 'wss:'].includes(url.protocol)) {
    throw errors.invalidSetting('--join', config.join, 'ws://HOST:PORT or wss://HOST:PORT');
  }
  return config.join;
}

function readToken(config: Config): string {
  if (config.token !== null) return config.token;
  if (config.tokenFile === null) {
    throw errors.configConflict(
      'sluice worker needs the secret of the gateway',
      'Add --token-file FILE (a copy of STATE/token).',
    );
  }
  try {
    return readFileSync(config.tokenFile, 'utf8').trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw errors.cannotStart(`could not read token file "${config.tokenFile}"`, 'Check --token-file.', reason);
  }
}

/** `sluice worker`: a worker that joins a gateway, until SIGTERM or SIGINT. */
export const worker: Command = {
  name: 'worker',
  summary: 'join a gateway as a worker, from this or another machine',
  about: [
    'The worker must see the files of the data sets under the same paths as the gateway. It tries again for ever when',
    "the gateway can not be reached. Copy the `token` file of the gateway's state folder here for --token-file.",
  ],
  users: ['worker'],
  flags: {},
  async run({ config }, { env, stop }) {
    const url = joinUrl(config);
    const token = readToken(config);
    const log = makeLog({ level: config.logLevel });
    const sizes = workerSizes(config, thisMachine(env));
    const { runWorker } = await import('../../worker/main.ts');
    await runWorker(
      {
        url,
        token,
        name: `${hostname()}-${process.pid}`,
        sluiceVersion: packageVersion,
        slots: sizes.workerSlots,
        memoryBytes: sizes.workerMemoryBytes,
        tempDirectory: config.tempDir ?? tmpdir(),
        maxTempBytes: config.tempBytesMax,
        allow: config.allow,
        faultPlan: config.faultPlan,
        graceMs: config.shutdownGrace,
        onEvent: (text) => log.info(text),
      },
      stop,
    );
    return exitCodes.success;
  },
};
