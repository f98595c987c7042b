import { setFlagsFromString } from 'node:v8';

/** Percent of what lives in the heap that may come to it until it is looked through again. */
export const growthFlag = '--heap-growing-percent=200';

/**
 * Lets this process' JavaScript heap grow to three times of what lives in it before dead objects are looked for in all of it. V8 alone does so
 * after a few megabytes while little is made, and each time everybody waits for some milliseconds. Where the heap nears its limit, V8 stays
 * below that all the same.
 */
export function letHeapGrow(): void {
  setFlagsFromString(growthFlag);
}
