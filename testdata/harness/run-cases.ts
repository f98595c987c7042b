import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, closeBench, openBench, runCase, type Variant, variantLabel } from './bench-cases.ts';
import type { CaseFile } from './cases.ts';

export type { LastQuery, Variant } from './bench-cases.ts';
export { lastQuery, rowStyle } from './bench-cases.ts';

/**
 * Registers a vitest suite: the cases of every file, each in the variants that `variantsOf` gives for its place in its file (none: it is left out), against one DuckDB, on a real
 * gateway with two workers. Files over the same data set share a gateway. A case that says how it runs is also checked to have run so, with tasks on both workers when there was more than one task.
 */
export function describeCases(
  files: readonly CaseFile[],
  variantsOf: (file: CaseFile, index: number) => readonly Variant[],
): void {
  for (const data of new Set(files.map((file) => file.data))) {
    describe(`cases over ${data}`, () => {
      const sharing = files.filter((file) => file.data === data);
      let bench: Bench | undefined;
      beforeAll(async () => {
        bench = await openBench({ data, setup: [...new Set(sharing.flatMap(({ setup }) => setup))] });
      });
      afterAll(async () => {
        if (bench !== undefined) await closeBench(bench);
      });
      for (const file of sharing)
        describe(`cases/${file.name}.sql`, () => describeFile(file, variantsOf, () => bench!));
    });
  }
}

function describeFile(
  file: CaseFile,
  variantsOf: (file: CaseFile, index: number) => readonly Variant[],
  bench: () => Bench,
): void {
  for (const [index, item] of file.cases.entries()) {
    const variants = variantsOf(file, index);
    if (variants.length === 0) continue;
    it(item.title, async () => {
      for (const variant of variants)
        expect(await runCase(bench(), item, variant), `${variantLabel(variant)}: ${item.sql}`).toBeNull();
    });
  }
}
