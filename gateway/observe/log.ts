/** The log: JSON lines on standard error, one place for what must never be written. */
import { pino } from 'pino';

export type Log = pino.Logger;

/** Values under these names are replaced, wherever they stand in what is logged. */
const secretNames = ['token', 'password', 'secret', 'verifier', 'key', 'authorization', 'passphrase'];

const redactPaths = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

export interface LogOptions {
  readonly level: string;
  /** Where lines go; standard error when absent. Tests pass their own. */
  readonly destination?: pino.DestinationStream;
}

/** Makes the process's logger; rooms get a child of it: `log.child({ room: 'fleet' })`. */
export function makeLog(options: LogOptions): Log {
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redactPaths, censor: '(hidden)' },
      serializers: { error: pino.stdSerializers.err, err: pino.stdSerializers.err },
    },
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  );
}

/** A logger that writes nothing: for tests and one-shot commands. */
export function silentLog(): Log {
  return makeLog({ level: 'silent' });
}
