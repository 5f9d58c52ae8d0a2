/**
 * A process that serves one function as a container does: `node container-child.ts FUNCTION`, with
 * the function's environment. Answers each line of its input, a JSON event, by one line with the
 * status.
 */
import { createInterface } from "node:readline";
import { lambdaContext } from "./api-event.ts";

const { handler } = await import(`../../functions/${process.argv[2]}.ts`);
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const { statusCode } = await handler(JSON.parse(line), lambdaContext());
  console.log(statusCode);
}
