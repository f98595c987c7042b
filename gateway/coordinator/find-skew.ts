/** Partitions that would keep one task busy long after all others have ended. Pure. */

export interface SkewRules {
  /** Slots of the fleet. */
  readonly slots: number;
  /** A partition is large when it has more than so many times the bytes of the median one. */
  readonly skewFactor: number;
  /** Fewer bytes are never large. */
  readonly skewLeastBytes: number;
}

/** A partition of an input that several tasks read. */
export interface Split {
  readonly partition: number;
  /** Place of the input that is dealt out; each task has the partition of all others whole. */
  readonly input: number;
  readonly tasks: number;
}

/** What is known of an input that is read by partitions. */
export interface SkewInput {
  /** Its place among the inputs of the stage. */
  readonly place: number;
  readonly splittable: boolean;
  /** By partition. */
  readonly bytes: readonly number[];
}

/**
 * The partitions to deal out. Large is one that has many times the bytes of others, and more than its slot would have if all slots had the same. It is cut
 * along its largest input, if that may be cut and is most of it: the rest is read by every task.
 */
export function findSkew(inputs: readonly SkewInput[], rules: SkewRules): readonly Split[] {
  const { slots, skewFactor, skewLeastBytes } = rules;
  const count = inputs[0]?.bytes.length ?? 0;
  if (slots < 2 || count < 2 || !inputs.some(({ splittable }) => splittable)) return [];
  const sizes = Array.from({ length: count }, (_, i) => inputs.reduce((sum, { bytes }) => sum + bytes[i]!, 0));
  const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const least = Math.max(skewLeastBytes, skewFactor * lowerMedian(sizes), total / slots);
  return sizes.flatMap((size, partition): readonly Split[] => {
    if (size <= least) return [];
    const largest = inputs.reduce((a, b) => (b.bytes[partition]! > a.bytes[partition]! ? b : a));
    const own = largest.bytes[partition]!;
    if (!largest.splittable || own * 2 < size) return [];
    const fair = Math.max(total / slots / 2, skewLeastBytes / 2, (size - own) / 2);
    const tasks = Math.min(slots, Math.ceil(own / fair));
    return tasks < 2 ? [] : [{ partition, input: largest.place, tasks }];
  });
}

/** Of an even number of values the lower one of the middle two: of two partitions the smaller. */
function lowerMedian(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}
