/**
 * `npm run bench [section ...]`: Sluice beside one DuckDB and, where it is installed, PostgreSQL 15, in one run. Prints ratios; asserts
 * nothing. Sections: tpch, scatter, stages, planning, write, rows, copy, ping, clients, scheduler.
 */
import { cpus } from 'node:os';
import { compareClients } from './compare-clients.ts';
import { compareCopy } from './compare-copy.ts';
import { comparePing } from './compare-ping.ts';
import { comparePlanning } from './compare-planning.ts';
import { compareRows } from './compare-rows.ts';
import { compareStages } from './compare-stages.ts';
import { compareScatter, compareTpch } from './compare-tpch.ts';
import { compareWrite } from './compare-write.ts';
import { scheduleTasks } from './schedule-tasks.ts';

const sections = {
  tpch: compareTpch,
  scatter: compareScatter,
  stages: compareStages,
  planning: comparePlanning,
  write: compareWrite,
  rows: compareRows,
  copy: compareCopy,
  ping: comparePing,
  clients: compareClients,
  scheduler: scheduleTasks,
};
const names = Object.keys(sections) as (keyof typeof sections)[];

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !names.some((known) => known === name));
if (unknown !== undefined) {
  console.error(`unknown section "${unknown}"; there are: ${names.join(', ')}`);
  process.exit(2);
}
console.log(`${cpus().length} x ${cpus()[0]?.model}, Node.js ${process.versions.node}`);
for (const name of names) {
  if (asked.length === 0 || asked.includes(name)) await sections[name]((text) => console.log(text));
}
