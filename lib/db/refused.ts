import { failedWith } from "./duplicate-key.ts";

/** The server's code for a document that its collection's validator refuses. */
const documentRefused = 121;

/** Whether a write failed because of what it writes, so that it would fail again; of a batch, optionally, the step of that number. */
export const isRefused = (error: unknown, step?: number): boolean =>
  failedWith(documentRefused, error, step);
