/** What the server says it is, and the bounds it keeps. */

/** The server whose behaviour this one follows. */
export const VERSION = "8.0.0";

/** The largest document a collection holds, in bytes of BSON. */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

/** The largest message a client may send, header included, in bytes. */
export const MAX_MESSAGE_BYTES = 48_000_000;

/** The most operations in one write command. */
export const MAX_WRITE_BATCH = 100_000;
