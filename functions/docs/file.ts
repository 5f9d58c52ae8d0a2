import { referenceFiles } from "../../lib/reference/files.ts";
import { textFile } from "../../lib/runtime.ts";

/** GET /docs/{file}: what the page at /docs loads, and the page of errors */
export const handler = textFile({ files: referenceFiles });
