/**
 * A process that makes one metered request, and kills itself on its way: before it sends command
 * number `killAt` (from 0), or after its reply if `moment` is `after`.
 * `node metered-child.ts URI DATABASE TOKEN ID killAt moment`
 */
import { openDatabase } from "../../lib/db/connection.ts";
import { parseToken } from "../../lib/security/token.ts";
import { monitored } from "./commands.ts";
import { hashOf, someAdmission, someOutcome, somePrice, testMetering } from "./metering.ts";

const [uri = "", name = "", text = "", id = "", killAt = "", moment = ""] = process.argv.slice(2);
const token = parseToken("key", text);
if (!token) throw new Error("the token is none");

const database = openDatabase({ uri: () => monitored(uri), name });
const client = await database.run(async (db) => db.client);
let number = 0;
client.on(moment === "after" ? "commandSucceeded" : "commandStarted", () => {
  if (number === Number(killAt)) process.kill(process.pid, "SIGKILL");
  number += 1;
});

const metering = testMetering(database);
const admission = await metering.admit(
  someAdmission(token, {
    request: { id },
    price: { ...somePrice, credits: 8 },
    idempotency: { key: "once", body: hashOf("body") },
  }),
);
await metering.settle(admission, someOutcome({ credits: 8, answer: { status: 200, body: "{}" } }));
console.log("settled");
await database.close();
