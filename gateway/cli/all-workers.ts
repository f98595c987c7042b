import { setTimeout as delay } from 'node:timers/promises';
import type { Gateway } from '../main.ts';

const longestWaitMs = 5_000;
const pollMs = 5;

/** Waits until every worker has joined: a gateway is ready with its first. Gives up quietly, since fewer workers are only slower. */
export async function allWorkers(gateway: Gateway): Promise<void> {
  const end = performance.now() + longestWaitMs;
  while (gateway.workers().connected < gateway.workers().expected && performance.now() < end) await delay(pollMs);
}
