import * as z from "zod";
import { idCodec } from "../../../lib/ids.ts";
import { PageQuery } from "../../../lib/paging.ts";
import { endpoint, events, staff, userRecords } from "../../../lib/runtime.ts";
import { MessagePage, readMessages } from "../../../lib/staff/users/read-messages.ts";

/** GET /v1/admin-panel/message-logs/{id} */
export const handler = endpoint({
  guard: staff({ admin: "api_usage" }),
  path: z.object({ id: idCodec }),
  query: PageQuery,
  reply: MessagePage,
  run: ({ path, ...input }) =>
    readMessages({ records: userRecords, events }, { ...input, account: path.id }),
});
