import fc from "fast-check";

// Every run tries other cases, so that each finds what the last did not; a run that is given a seed
// (CI is) tries the same each time, so that a change is judged by the change alone.
const { PROPERTY_SEED } = process.env;
if (PROPERTY_SEED) fc.configureGlobal({ seed: Number(PROPERTY_SEED) });
