/** Limits of foreign keys that are not settings. */

/** Keys that a transaction tells others of, for each foreign key and side; with more it stands for any. */
export const maxToldKeys = 10_000;
/** Commits that others are compared with: of each kind, */
export const maxKnownCommits = 10_000;
/** and keys of all of them together. */
export const maxKnownKeys = 200_000;
/** Keys in one statement that looks for them, or changes rows that refer to them. */
export const keysAtOnce = 1_000;
/** Up to so many keys are looked up by the index of the table that they refer to, one by one. */
export const keysByIndex = 16;
/** Keys of rows that one statement may take from a table that others refer to. */
export const maxRemovedKeys = 2_000_000;
/** Statements that one may lead to by ON DELETE and ON UPDATE. */
export const maxCascades = 100_000;
/** How often a statement outside of a transaction block runs again when another one has committed under it. */
export const commitRetries = 5;
/** Between these. */
export const commitRetryMs = 5;
/** A longer INSERT is not taken apart: what it adds is looked at in the table. */
export const longestInsert = 1_000_000;
