import { type Simulation, simulateScheduler } from '../harness/simulate-scheduler.ts';

const MiB = 1024 * 1024;
/** One session asks for half of everything. */
const queriesOfSessions = [6, 1, 1, 1, 1];
const tasksPerQuery = 10_000;
const workers = 1_000;
const slots = 2;
const dyingPerSecond = 0.01;

/** The scheduler alone: 100,000 tasks of no work over 1,000 simulated workers, and the same while one in a hundred of them dies every second. */
export async function scheduleTasks(print: (text: string) => void): Promise<void> {
  print(`\nscheduler: ${workers} simulated workers of ${slots} slots, ${queriesOfSessions.length} sessions`);
  const common = { workers, slots, queriesOfSessions, tasksPerQuery };
  await simulateScheduler({ ...common, tasksPerQuery: 1_000 });
  print(told('all live', await simulateScheduler(common)));
  print(told('1 % die per second', await simulateScheduler({ ...common, dyingPerSecond })));
}

function told(name: string, { tasks, ms, cpuMs, attempts, deaths, shares, heapBytes }: Simulation): string {
  const per = (time: number) => Math.round((tasks / time) * 1000).toLocaleString('en');
  const fair = shares.map((share) => `${(share * 100).toFixed(1)} %`).join(', ');
  const again = `${deaths} workers died, ${attempts - tasks} attempts more`;
  return `${name.padEnd(20)} ${tasks.toLocaleString('en')} tasks, ${per(ms)} tasks/s (at least 10,000), ${per(cpuMs)} per second of processor time; ${again}; heap at most ${(heapBytes / MiB).toFixed(0)} MiB more; shares of the sessions until the first was done: ${fair}`;
}
