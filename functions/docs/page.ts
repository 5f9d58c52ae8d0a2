import { referencePage } from "../../lib/reference/files.ts";
import { textFile } from "../../lib/runtime.ts";

/** GET /docs */
export const handler = textFile({ files: referencePage });
