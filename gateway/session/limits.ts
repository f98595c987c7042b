/** Limits of a session that are not settings. */

/** Statements whose parse and bind results are kept, per session. */
export const cachedStatements = 256;
/** Longer texts are not kept. */
export const cachedTextLength = 64 * 1024;
/** Texts of queries whose statements are known to all sessions, */
export const knownTexts = 256;
/** and the longest of them. */
export const knownTextLength = 1024;
/** Named prepared statements of a session. */
export const maxPreparedStatements = 10_000;
/** Portals open at a time. */
export const maxPortals = 1_000;
/** Cursors of SQL open at a time. */
export const maxCursors = 1_000;
/** Savepoints of a transaction. */
export const maxSavepoints = 100_000;
/** Statements of a transaction that are kept, so that ROLLBACK TO can run them once more: bytes of all together, */
export const maxLoggedWriteBytes = 16 * 1024 * 1024;
/** and what each takes beside its text. */
export const loggedWriteOverhead = 300;
/** An INSERT up to this gives back its rows, which are kept instead. */
export const maxKeptText = 1024 * 1024;
/** Advisory locks of all sessions. */
export const maxAdvisoryLocks = 100_000;
/** Notifications that one session has not yet taken: with more, NOTIFY fails. */
export const maxWaitingNotificationBytes = 16 * 1024 * 1024;
/** As the wire's Int16 count allows. */
export const maxParameters = 65_535;
/** Columns of an answer, as PostgreSQL's MaxTupleAttributeNumber. */
export const maxColumns = 1_664;
/** Rows encoded without giving way to other sessions. */
export const encodeRows = 2_048;
/** The same where others wait for their turn to get rows, too. */
export const encodeRowsInTurn = 512;
/** Rows that are at hand are sent up to this without waiting for the client in between. */
export const aheadBytes = 256 * 1024;
/** How long the first rows of an answer wait for the next ones, or for its end. */
export const primeMs = 100;
/** Bytes of a suspended answer kept in memory; what is beyond goes to a file. */
export const spoolMemoryBytes = 4 * 1024 * 1024;
/** Bytes of a suspended answer's file. */
export const spoolFileBytes = 16 * 1024 * 1024 * 1024;
/** Bytes read back from the file at a time. */
export const spoolReadBytes = 256 * 1024;
/** How often a statement is planned anew when a file changed under it. */
export const inputChangedRetries = 3;
/** How often a query runs again when the engine failed under it. */
export const engineFailureRetries = 1;
/** Of a query's text, in the log of such a failure. */
export const loggedTextLength = 10_000;
/** How often a DuckDB that was told to stop is told again: an interrupt before the query has begun is lost. */
export const interruptEveryMs = 20;
/** A LIMIT up to this makes an answer small enough to be held in memory. */
export const smallLimit = 10_000;
/** How long a session trusts that no data set took the name of a local table that it has queried. */
export const localNamesMs = 1_000;

/** Plans that a session keeps, */
export const cachedPlans = 256;
/** the file slices that they name together, */
export const cachedSlices = 20_000;
/** and the most that one of them may name. */
export const cachedPlanSlices = 2000;
