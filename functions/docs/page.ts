import { referenceFile } from "../../lib/reference/file.ts";
import { textFile } from "../../lib/runtime.ts";

/** GET /docs, and GET /docs/{file} for what the page loads */
export const handler = textFile({ type: "text/html", read: referenceFile });
