import { describe, expect, it } from 'vitest';
import { parseAddress, printAddress } from './address.ts';
import { configWith } from './load.ts';
import { gatewaySizes, workerSizes } from './sizes.ts';

const GiB = 1024 ** 3;
const machine = (cores: number, memory: number) => ({ cores, memoryBytes: memory * GiB, poolThreads: 128 });

describe('sizes', () => {
  it.each([
    [1, 2, 2],
    [2, 2, 2],
    [16, 4, 4],
    [128, 16, 8],
  ])('%d cores: %d workers with %d slots', (cores, workers, slots) => {
    const sizes = gatewaySizes(configWith({}), machine(cores, 64));
    expect([sizes.workers, sizes.workerSlots]).toEqual([workers, slots]);
  });

  it('never gives away more memory than there is', () => {
    for (const workers of [0, 1, 3, 7]) {
      const sizes = gatewaySizes(configWith({ workers }), machine(4, 8));
      expect(workers * sizes.workerMemoryBytes + sizes.coordinatorMemoryBytes).toBeLessThanOrEqual(8 * GiB * 0.8);
    }
    expect(workerSizes(configWith({}), machine(4, 8)).workerMemoryBytes).toBeLessThanOrEqual(8 * GiB * 0.8);
  });

  it('takes what is configured', () => {
    const sizes = gatewaySizes(
      configWith({ workers: 5, workerSlots: 1, workerThreads: 3, memory: GiB }),
      machine(2, 8),
    );
    expect(sizes).toMatchObject({ workers: 5, workerSlots: 1, workerThreads: 3, coordinatorMemoryBytes: GiB });
  });

  it('refuses more running queries than the thread pool can carry', () => {
    const small = { ...machine(2, 8), poolThreads: 20 };
    expect(gatewaySizes(configWith({}), small).maxConcurrentQueries).toBe(4);
    expect(() => gatewaySizes(configWith({ maxConcurrentQueries: 5 }), small)).toThrow(
      /need 21 threads, the pool has 20/,
    );
  });
});

describe('addresses', () => {
  it.each([
    ['127.0.0.1:5480', '127.0.0.1', 5480],
    ['localhost:0', 'localhost', 0],
    ['[::1]:80', '::1', 80],
    [':5480', '0.0.0.0', 5480],
    ['5480', '127.0.0.1', 5480],
  ])('%s', (text, host, port) => {
    expect(parseAddress(text, '--listen')).toEqual({ host, port });
  });

  it.each(['', 'host', 'host:', 'host:65536', 'host:port', '::1:80', 'a:b:1'])('refuses "%s"', (text) => {
    expect(() => parseAddress(text, '--listen')).toThrow(expect.objectContaining({ sqlstate: '22023' }));
  });

  it('prints IPv6 in brackets', () => {
    expect(printAddress({ host: '::1', port: 1 })).toBe('[::1]:1');
  });
});
