/**
 * A process that runs one job, and kills itself before it sends command number `killAt` (from 0) to
 * the database: `node job-child.ts JOB killAt`, with the function's environment.
 */
import { database, jobDatabase } from "../../lib/runtime.ts";

const [job = "", killAt = ""] = process.argv.slice(2);
const { handler } = await import(`../../functions/jobs/${job}.ts`);

let number = 0;
for (const { run } of [database, jobDatabase]) {
  const client = await run(async (db) => db.client);
  client.on("commandStarted", () => {
    if (number === Number(killAt)) process.kill(process.pid, "SIGKILL");
    number += 1;
  });
}
await handler();
await Promise.all([database.close(), jobDatabase.close()]);
