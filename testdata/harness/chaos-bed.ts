import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { chaosClient, type Timed } from './chaos-clients.ts';
import { type ChaosFault, type ChaosPlan, chaosPlan } from './chaos-plan.ts';
import { FaultProxy } from './fault-proxy.ts';
import { GatewayProcess } from './gateway-process.ts';
import { JoinedWorker } from './joined-worker.ts';
import type { Judge } from './oracle.ts';
import type { BenchmarkQuery } from './tpc.ts';

/** A worker that owes five signs of life is lost: after 2 s. */
const heartbeatMs = 400;
/** Statements that begin so soon after a fault meet it as well. */
const nearMs = 500;
/** By how much the bytes of a link come later on which a message is to be lost. */
const lateMs = 20;
const localWorkers = 2;
const tidyWithinMs = 20_000;

export interface ChaosParts {
  readonly data: string;
  readonly queries: readonly BenchmarkQuery[];
  /** Of each of three clients. */
  readonly oracles: readonly Judge[];
}

/** What a run met. */
export interface ChaosOutcome {
  readonly faults: readonly string[];
  /** Over all faults: from the fault to the end of the last statement that met it. */
  readonly recoveryMs: number;
  /** From the last fault until all workers were back. */
  readonly backMs: number;
  readonly retries: number;
}

/** Runs of a seed until one of its faults meets work: on a fast machine the work may be done before. */
const mostAttempts = 5;

/** A gateway with two workers of its own and one that joined by way of a proxy. */
export class ChaosBed {
  readonly gateway: GatewayProcess;
  readonly #parts: ChaosParts;
  readonly #root: string;
  readonly #proxy: FaultProxy;
  readonly #joined: JoinedWorker;
  readonly #localPids = new Set<number>();

  private constructor(parts: ChaosParts, root: string, gateway: GatewayProcess, proxy: FaultProxy) {
    this.#parts = parts;
    this.#root = root;
    this.gateway = gateway;
    this.#proxy = proxy;
    this.#joined = new JoinedWorker({
      port: proxy.port,
      tokenFile: join(gateway.state, 'token'),
      tempDirectory: join(root, 'joined'),
      allow: join(root, 'out'),
    });
  }

  static async open(parts: ChaosParts, seed: number): Promise<ChaosBed> {
    const root = mkdtempSync(join(tmpdir(), 'sluice-chaos-'));
    for (const folder of ['out', 'joined']) mkdirSync(join(root, folder));
    const gateway = await GatewayProcess.start({
      data: [parts.data],
      workers: localWorkers,
      state: join(root, 'state'),
      flags: ['--allow', join(root, 'out'), '--heartbeat', `${heartbeatMs}ms`, '--worker-memory', '512MB'],
    });
    const proxy = await FaultProxy.start({ port: gateway.httpPort, seed, webSockets: true });
    const bed = new ChaosBed(parts, root, gateway, proxy);
    bed.#joined.start();
    await bed.#allIn();
    return bed;
  }

  /** Does what the seed says. Throws what is wrong: an answer, a data set, something that is left over. */
  async run(seed: number): Promise<ChaosOutcome> {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const outcome = await this.#once(seed);
      if (outcome !== undefined) return outcome;
    }
    throw new Error('no fault has struck');
  }

  /** Undefined when everything had ended before a fault could strike. */
  async #once(seed: number): Promise<ChaosOutcome | undefined> {
    const plan = chaosPlan(seed);
    const folder = join(this.#root, 'out', `s${seed}`);
    const statements: Timed[] = [];
    const struckBefore = this.#proxy.struck.length;
    const { oracles, queries } = this.#parts;
    const common = { port: this.gateway.port, plan, folder, state: this.gateway.state, statements, queries };
    const clients = await Promise.all(oracles.map((oracle, place) => chaosClient({ ...common, oracle }, place)));
    const done = Promise.allSettled(clients.map((client) => client.run()));
    const struck = await this.#strike(plan, done);
    const outcomes = await done;
    await Promise.all(clients.map((client) => client.close()));
    const failed = outcomes.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    const lastFault = struck.at(-1)!.at;
    await this.#allIn();
    const backMs = performance.now() - lastFault;
    const struckByProxy = this.#proxy.struck.length - struckBefore;
    const others = plan.faults.some(({ fault }) => fault.kind !== 'net');
    rmSync(folder, { recursive: true, force: true });
    await this.#tidy();
    if (!others && struckByProxy === 0) return undefined;
    const met = struck.map(({ at, name }) => {
      const ran = statements.filter((each) => each.from <= at + nearMs && each.to >= at);
      return { name, ms: Math.max(0, ...ran.map(({ to }) => to - at)) };
    });
    return {
      faults: met.map(({ name, ms }) => `${name} ${ms.toFixed(0)} ms`),
      recoveryMs: Math.max(...met.map(({ ms }) => ms)),
      backMs,
      retries: statements.reduce((sum, { retries }) => sum + retries, 0),
    };
  }

  /** Ends everything. Throws with processes, locks and files that are left. */
  async close(): Promise<void> {
    for (const pid of await this.gateway.workerPids()) this.#localPids.add(pid);
    await this.#joined.stop();
    await this.#proxy.stop();
    const code = await this.gateway.stop();
    const alive = [...this.#localPids, ...this.#joined.pids].filter(isAlive);
    const files = [...filesIn(join(this.gateway.state, 'tmp')), ...filesIn(join(this.#root, 'joined'))];
    const left = files.filter((path) => !/(^|\/)exchange\/marker-/.test(path));
    const lock = existsSync(join(this.gateway.state, 'lock'));
    const out = readdirSync(join(this.#root, 'out'));
    rmSync(this.#root, { recursive: true, force: true });
    if (code !== 0 || alive.length + left.length + out.length > 0 || lock)
      throw new Error(
        `gateway ended with ${code}; alive: ${alive.join()}; left: ${[...left, ...out].join()}; lock: ${lock}\n${this.gateway.log.slice(-3000)}`,
      );
  }

  /** Brings the faults about in their time; what is left of them when all statements have ended comes at once. */
  async #strike({ faults }: ChaosPlan, done: Promise<unknown>): Promise<{ at: number; name: string }[]> {
    const started = performance.now();
    const struck: { at: number; name: string }[] = [];
    for (const { atMs, fault } of faults) {
      await Promise.race([delay(Math.max(0, started + atMs - performance.now())), done]);
      const at = performance.now();
      struck.push({ at, name: await this.#bringAbout(fault) });
    }
    return struck;
  }

  async #bringAbout(fault: ChaosFault): Promise<string> {
    if (fault.kind === 'net') {
      this.#proxy.strike(fault.fault);
      // An idle link has no message to lose: its heart-beats come later then, so that something has struck.
      if (fault.fault.kind === 'lose') this.#proxy.strike({ ...fault.fault, kind: 'delay', ms: lateMs });
      return `${fault.fault.kind} ${fault.fault.direction}`;
    }
    const { kind, victim, place, ms } = fault;
    if (victim === 'joined') {
      if (kind === 'kill') void this.#joined.kill().then(() => this.#joined.start());
      else {
        this.#joined.hang();
        void delay(ms).then(() => this.#joined.goOn());
      }
      return `${kind} ${victim}`;
    }
    const pids = await this.gateway.workerPids();
    for (const pid of pids) this.#localPids.add(pid);
    const pid = pids[place % pids.length];
    if (pid === undefined) return `${kind} ${victim}: none was there`;
    process.kill(pid, kind === 'kill' ? 'SIGKILL' : 'SIGSTOP');
    // The gateway ends those that hang; one that is about to be ended anyway need not go on.
    if (kind === 'hang') void delay(ms).then(() => resume(pid));
    return `${kind} ${victim}`;
  }

  async #allIn(): Promise<void> {
    await this.#joined.joined();
    await this.gateway.workersJoined(localWorkers);
    for (const pid of await this.gateway.workerPids()) this.#localPids.add(pid);
  }

  /** Waits until nothing of queries lies about while the gateway goes on. */
  async #tidy(): Promise<void> {
    const tmp = join(this.gateway.state, 'tmp');
    let left: readonly string[] = [];
    for (const until = Date.now() + tidyWithinMs; Date.now() < until; await delay(50)) {
      const journal = join(this.gateway.state, 'writes');
      left = [
        ...filesIn(join(tmp, 'exchange')).filter((path) => !/(^|\/)marker-/.test(path)),
        ...filesIn(join(tmp, 'coordinator')),
        ...(existsSync(journal) ? readdirSync(journal) : []),
      ];
      if (left.length === 0) return;
    }
    throw new Error(`left over: ${left.join(', ')}`);
  }
}

function resume(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false; // gone
  }
}

function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(join(folder, '..'), join(entry.parentPath, entry.name)));
}
