import { errors } from '../../planner/errors.ts';
import { nearestName } from '../../planner/nearest-name.ts';
import {
  isSluiceSetting,
  resetSessionSetting,
  type SluiceSettings,
  sessionSettingNames,
  setSessionSetting,
  showSessionSetting,
} from '../config/session-settings.ts';
import { gucs, parseGuc } from './gucs.ts';

/** One set of values. Immutable, so that a transaction can go back to it. */
interface Values {
  readonly gucs: ReadonlyMap<string, string>;
  readonly sluice: SluiceSettings;
}

/** The settings at one moment of a transaction. */
export interface SettingsMark {
  readonly session: Values;
  readonly current: Values;
}

/** `SHOW sluice.last_query`: JSON of what the session's last query over data sets ran as. */
const lastQuerySetting = 'sluice.last_query';

/** Modes of a transaction: outside of one they are those that the next one would have. */
const modeSettings: ReadonlySet<string> = new Set([
  'transaction_isolation',
  'transaction_read_only',
  'transaction_deferrable',
]);

/** Names of an extension's kind (`app.user`): anyone may make one. */
const customPattern = /^[a-z_][a-z0-9_$]*(\.[a-z_][a-z0-9_$]*)+$/;

/**
 * A session's settings: those of PostgreSQL and `sluice.*`. SET is undone by ROLLBACK; SET LOCAL ends with the transaction. All
 * methods take names in any case and raise 42704 for unknown ones, 22023 for values that are not allowed.
 */
export class SettingsState {
  /** What RESET goes back to. */
  #defaults: Values;
  /** Without the local ones. */
  #session: Values;
  /** What the session tells of itself: settings to read, outside transactions, that nobody can set. */
  readonly #told = new Map<string, string>([[lastQuerySetting, '']]);
  /** With the local ones: what counts. */
  #current: Values;
  /** `#session` at the begin of the transaction. */
  #saved: Values | undefined;
  #version = 0;
  readonly #reported = new Map<string, string>();

  constructor(defaults: SluiceSettings) {
    this.#defaults = { gucs: new Map(), sluice: defaults };
    this.#session = this.#defaults;
    this.#current = this.#defaults;
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  get sluice(): SluiceSettings {
    return this.#current.sluice;
  }

  /** Sets the session's own defaults: start-up parameters, and what is known of the client. `fixed` ones are allowed. */
  initialize(name: string, text: string): void {
    const key = name.toLowerCase();
    const guc = gucs.get(key);
    if (guc?.fixed) {
      this.#defaults = withGuc(this.#defaults, key, text);
    } else {
      this.#defaults = this.#changed(this.#defaults, name, text);
    }
    this.#session = this.#defaults;
    this.#current = this.#defaults;
    this.#version++;
  }

  /** What ran last: JSON of the strategy and the coordinator's report. No answer depends on it. */
  tellLastQuery(json: string): void {
    this.#told.set(lastQuerySetting, json);
  }

  set(name: string, text: string, local: boolean): void {
    if (!local) {
      this.#session = this.#changed(this.#session, name, text);
    }
    this.#current = this.#changed(this.#current, name, text);
    this.#version++;
  }

  /** Of settings that no SET changes by itself: who the session acts for. Checked by the caller. */
  setIdentity(name: 'role' | 'session_authorization' | 'is_superuser', text: string, local: boolean): void {
    if (!local) {
      this.#session = withGuc(this.#session, name, text);
    }
    this.#current = withGuc(this.#current, name, text);
    this.#version++;
  }

  /** RESET name, SET name TO DEFAULT. */
  reset(name: string, local = false): void {
    if (!local) {
      this.#session = this.#without(this.#session, name);
    }
    this.#current = this.#without(this.#current, name);
    this.#version++;
  }

  resetAll(): void {
    this.#session = this.#defaults;
    this.#current = this.#defaults;
    this.#version++;
  }

  show(name: string): string {
    const key = name.toLowerCase();
    const told = this.#told.get(key);
    if (told !== undefined) {
      return told;
    }
    if (isSluiceSetting(name)) {
      return showSessionSetting(this.#current.sluice, name);
    }
    const value =
      this.#current.gucs.get(key) ?? (modeSettings.has(key) ? this.show(`default_${key}`) : gucs.get(key)?.value);
    if (value === undefined) {
      throw unknown(name);
    }
    return value;
  }

  /** Name and value of all, for SHOW ALL. */
  all(): readonly (readonly [string, string])[] {
    const names = [...[...gucs.values()].map((guc) => guc.name), ...sessionSettingNames, ...this.#told.keys()];
    const custom = [...this.#current.gucs.keys()].filter((key) => !gucs.has(key));
    return [...names, ...custom]
      .sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
      .map((name) => [name, this.show(name)] as const);
  }

  /** For a savepoint. */
  mark(): SettingsMark {
    return { session: this.#session, current: this.#current };
  }

  /** ROLLBACK TO: as they were. */
  undoTo({ session, current }: SettingsMark): void {
    this.#session = session;
    this.#current = current;
    this.#version++;
  }

  begin(): void {
    this.#saved = this.#session;
  }

  commit(): void {
    this.#end(this.#session);
  }

  rollback(): void {
    this.#end(this.#saved ?? this.#session);
  }

  #end(values: Values): void {
    if (this.#current !== values || this.#session !== values) {
      this.#version++;
    }
    this.#session = values;
    this.#current = values;
    this.#saved = undefined;
  }

  /** Reported settings whose value the client does not know yet. */
  changes(): readonly (readonly [string, string])[] {
    const changed: (readonly [string, string])[] = [];
    for (const [key, guc] of gucs) {
      if (!guc.report) {
        continue;
      }
      const value = this.#current.gucs.get(key) ?? guc.value;
      if (this.#reported.get(key) !== value) {
        this.#reported.set(key, value);
        changed.push([guc.name, value]);
      }
    }
    return changed;
  }

  #changed(values: Values, name: string, text: string): Values {
    if (this.#told.has(name.toLowerCase())) {
      throw errors.fixedSetting(name);
    }
    if (isSluiceSetting(name)) {
      return { ...values, sluice: setSessionSetting(values.sluice, name, text) };
    }
    const key = name.toLowerCase();
    const guc = gucs.get(key);
    if (guc === undefined) {
      if (!customPattern.test(key)) {
        throw unknown(name);
      }
      return withGuc(values, key, text);
    }
    if (guc.fixed) {
      throw errors.fixedSetting(guc.name);
    }
    return withGuc(values, key, parseGuc(guc, text, values.gucs.get(key) ?? guc.value));
  }

  #without(values: Values, name: string): Values {
    if (this.#told.has(name.toLowerCase())) {
      throw errors.fixedSetting(name);
    }
    if (isSluiceSetting(name)) {
      return { ...values, sluice: resetSessionSetting(values.sluice, name, this.#defaults.sluice) };
    }
    const key = name.toLowerCase();
    const guc = gucs.get(key);
    if (guc === undefined && !customPattern.test(key)) {
      throw unknown(name);
    }
    if (guc?.fixed) {
      throw errors.fixedSetting(guc.name);
    }
    const before = this.#defaults.gucs.get(key);
    const next = new Map(values.gucs);
    next.delete(key);
    if (before !== undefined) {
      next.set(key, before);
    }
    return { ...values, gucs: next };
  }
}

function withGuc(values: Values, key: string, text: string): Values {
  return { ...values, gucs: new Map(values.gucs).set(key, text) };
}

function unknown(name: string): Error {
  return errors.unknownSetting(
    name,
    nearestName(name, [...[...gucs.values()].map((guc) => guc.name), ...sessionSettingNames]),
  );
}
