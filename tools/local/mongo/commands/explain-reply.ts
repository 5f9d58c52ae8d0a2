import { Int32 } from "bson";
import { VERSION } from "../limits.ts";
import type { Doc } from "../values/codec.ts";
import type { Request } from "./command.ts";

/** A plan's own account with what surrounds it in explain's reply. */
export const explainReply = (plan: Doc, { server }: Request): Doc => ({
  explainVersion: "1",
  ...plan,
  serverInfo: {
    host: server.address,
    port: new Int32(Number(server.address.slice(server.address.lastIndexOf(":") + 1))),
    version: VERSION,
    gitVersion: "embedded",
  },
});
