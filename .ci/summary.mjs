// Adds up vitest's JSON reports in a folder and prints `N passed, N failed, N skipped`. Exit code 1 when something failed or a report that
// was asked for (`summary.mjs FOLDER NAME...`) is missing. A file that could not be loaded counts as one failure.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, ...names] = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
for (const name of names) {
  const path = join(folder, `${name}.json`);
  if (!existsSync(path)) {
    process.stderr.write(`no report of ${name}\n`);
    total.failed++;
    continue;
  }
  for (const file of JSON.parse(readFileSync(path, 'utf8')).testResults) {
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) {
      process.stderr.write(`${file.name}: ${file.message}\n`);
      total.failed++;
    }
    for (const test of file.assertionResults) {
      if (test.status === 'passed') total.passed++;
      else if (test.status === 'failed') total.failed++;
      else total.skipped++;
    }
  }
}
process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
