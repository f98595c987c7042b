/** How many states of the catalogs are kept: one for each user, search path and set of objects that is being looked at. */
export const maxStates = 8;
/** Connections of the private DuckDB that wait for the next query. */
export const maxIdleConnections = 4;
/** Translations that are kept. */
export const maxTranslations = 500;
/** Of the private DuckDB: catalogs of thousands of tables fit. */
export const catalogMemoryBytes = 256 * 1024 ** 2;
export const catalogTempBytes = 1024 ** 3;
