import { expect } from 'vitest';
import { type PostgresServer, startPostgres } from '../bench/postgres-server.ts';
import { type Report, runChecks, runReport } from './client-tools.ts';
import { runCopy } from './copy-client.ts';
import { freePort, GatewayProcess } from './gateway-process.ts';
import { RawClient } from './raw-client.ts';

/** A real gateway and, where PostgreSQL 15 is installed, one beside it: both with a user `test` and a database `sluice`. */
export class ClientBed {
  readonly gateway: GatewayProcess;
  readonly postgres: PostgresServer | null;

  private constructor(gateway: GatewayProcess, postgres: PostgresServer | null) {
    this.gateway = gateway;
    this.postgres = postgres;
  }

  static async start(data: readonly string[] = []): Promise<ClientBed> {
    const [gateway, postgres] = await Promise.all([
      GatewayProcess.start({ data, workers: 1 }),
      freePort().then(startPostgres),
    ]);
    if (postgres !== null) {
      const client = await RawClient.connect(postgres.port, { database: 'postgres' });
      await client.query('CREATE DATABASE sluice');
      await client.close();
    }
    return new ClientBed(gateway, postgres);
  }

  /** Runs a script on both and expects that all of its checks pass here, and that they saw the same. Gives what they saw. */
  async compare(program: string, argsOf: (port: number) => readonly string[]): Promise<Report['seen']> {
    const [ours, theirs] = await Promise.all([
      runReport(program, argsOf(this.gateway.port)),
      this.postgres === null ? undefined : runReport(program, argsOf(this.postgres.port)),
    ]);
    expect(ours.failed).toEqual([]);
    if (theirs !== undefined) expect(ours.seen).toEqual(theirs.seen);
    return ours.seen;
  }

  /**
   * Runs a program that prints its checks with what they saw (see `runChecks`) on both, and expects the same of both. Gives the checks.
   */
  async compareChecks(program: string, argsOf: (port: number) => readonly string[]): Promise<readonly string[]> {
    const ours = await runChecks(program, argsOf(this.gateway.port));
    if (this.postgres !== null) expect(ours).toEqual(await runChecks(program, argsOf(this.postgres.port)));
    return ours;
  }

  /** Gives PostgreSQL a table of its own with the rows of a data set. */
  async mirror(name: string): Promise<void> {
    if (this.postgres === null) return;
    const ours = await RawClient.connect(this.gateway.port);
    const theirs = await RawClient.connect(this.postgres.port);
    const { rows } = await ours.query(
      `SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '${name}'::regclass AND attnum > 0 ORDER BY attnum`,
    );
    await theirs.query(`CREATE TABLE ${name} (${rows.map((row) => row.join(' ')).join(', ')})`);
    const { data } = await runCopy(ours, `COPY ${name} TO STDOUT`);
    const { error } = await runCopy(theirs, `COPY ${name} FROM STDIN`, data);
    expect(error).toBeNull();
    await ours.close();
    await theirs.close();
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    await this.postgres?.stop();
  }
}
