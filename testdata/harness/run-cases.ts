import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, closeBench, openBench, runCase, type Variant, variantLabel } from './bench-cases.ts';
import type { CaseFile } from './cases.ts';

export type { LastQuery, Variant } from './bench-cases.ts';
export { lastQuery, rowStyle } from './bench-cases.ts';

/**
 * Registers a vitest suite: every case of `file`, each in the variants that `variantsOf` gives for its place in the file, against one DuckDB, on a real gateway with two workers.
 * A case that says how it runs is also checked to have run so, with tasks on both workers when there was more than one task.
 */
export function describeCases(file: CaseFile, variantsOf: (index: number) => readonly Variant[]): void {
  describe(`cases/${file.name}.sql`, () => {
    let bench: Bench | undefined;
    beforeAll(async () => {
      bench = await openBench(file);
    });
    afterAll(async () => {
      if (bench !== undefined) await closeBench(bench);
    });
    for (const [index, item] of file.cases.entries()) {
      it(item.title, async () => {
        for (const variant of variantsOf(index))
          expect(await runCase(bench!, item, variant), `${variantLabel(variant)}: ${item.sql}`).toBeNull();
      });
    }
  });
}
