/** How a worker is started; a gateway sends it to its own workers as one line of JSON (without `onEvent`). */
export interface WorkerOptions {
  /** `ws://host:port` or `wss://host:port` of the gateway's HTTP server. */
  readonly url: string;
  readonly token: string;
  /** Shown in `ps`, logs and errors. */
  readonly name: string;
  readonly sluiceVersion: string;
  readonly slots: number;
  /** For all slots together. */
  readonly memoryBytes: number;
  /** Base of the worker's own temporary folder; null: where the gateway says. */
  readonly tempDirectory: string | null;
  readonly maxTempBytes: number;
  /** Folders that tasks may use beside those that the gateway names. */
  readonly allow: readonly string[];
  /** A file with faults to bring about (see worker/fault-plan.ts). */
  readonly faultPlan?: string | null;
  /** How long running tasks may go on after `stop`. */
  readonly graceMs: number;
  /** Told in words, for the log: joined, lost, trying again. */
  readonly onEvent?: (text: string) => void;
}
