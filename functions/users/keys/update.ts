import * as z from "zod";
import { idCodec } from "../../../lib/ids.ts";
import { KeyChanged, KeyChanges } from "../../../lib/keys/rules.ts";
import { updateKey } from "../../../lib/keys/update-key.ts";
import { endpoint, keys, session } from "../../../lib/runtime.ts";

/** PUT /v1/users/keys/{id} */
export const handler = endpoint({
  guard: session(),
  path: z.object({ id: idCodec }),
  body: KeyChanges,
  reply: KeyChanged,
  run: ({ body, path, ...input }) => updateKey({ keys }, { ...input, id: path.id, changes: body }),
});
