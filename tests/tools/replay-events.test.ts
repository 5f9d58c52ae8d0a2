import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "@jest/globals";
import { Failure } from "../../lib/errors.ts";
import {
  expireHolds,
  meteredAccount,
  someAdmission,
  someOutcome,
  stateOf,
  testMetering,
} from "../support/metering.ts";
import { meteringWorld } from "../support/metering-world.ts";

const { db, uri, name, metering } = await meteringWorld();
const away = testMetering({
  run: () => Promise.reject(new Failure("DATABASE_UNAVAILABLE")),
});

/** A request whose settlement could not be written, and the line that the log has of it. */
async function unsettled() {
  const { account, token } = await meteredAccount(db);
  const admission = await metering.admit(someAdmission(token));
  const started = away.lines.length;
  await away.settle(
    { ...admission, request: { ...admission.request, log: away.log } },
    someOutcome(),
  );
  const line = away.lines[started];
  return { account, line: JSON.stringify({ message: line?.message, ...line?.fields }) };
}

function replaying(...lines: string[]) {
  const child = spawn(process.execPath, ["tools/replay-events.ts"], {
    env: { ...process.env, MONGODB_URI: uri, MONGODB_DATABASE: name },
  });
  child.stdin.end(lines.join("\n"));
  return child;
}

const replay = (...lines: string[]): Promise<string> => text(replaying(...lines).stdout);

describe("replay-events", () => {
  it("charges what is still held, tells what was given back, and does it once", async () => {
    const [held, swept] = [await unsettled(), await unsettled()];
    await expireHolds(db, swept.account._id);
    await metering.sweep();
    expect(await replay(held.line, "no JSON", '{"message":"request"}', swept.line)).toBe(
      "{ recorded: 1, 'no event': 2, late: 1 }\n",
    );
    const dated = `2026-05-04T12:00:00.000Z 2026/05/04/[$LATEST]ab ${held.line}`;
    expect(await replay(dated, swept.line)).toBe("{ known: 1, late: 1 }\n");
    const exported = JSON.stringify({
      "@timestamp": "2026-05-04 12:00:00.000",
      "@message": held.line,
    });
    expect(await replay(exported)).toBe("{ known: 1 }\n");
    const charged = await stateOf(db, held.account._id);
    expect(charged.account).toMatchObject({ holds: [], allowance: { used: 1 } });
    expect(charged.events.map(({ outcome }) => outcome)).toEqual(["captured"]);
    const given = await stateOf(db, swept.account._id);
    expect(given.account).toMatchObject({ holds: [], allowance: { used: 0 } });
    expect(given.events.map(({ outcome }) => outcome)).toEqual(["abandoned", "late"]);
    expect(await metering.audit()).toMatchObject({ mismatches: 0 });
  });

  it("fails where no line holds an event, and says what lines are wanted", async () => {
    const child = replaying("no JSON", '{"message":"request"}');
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    expect(said).toContain("give the lines `settle failed` and `usage event unwritten`");
    expect(code).toBe(1);
  });

  it("refuses an event that is older than events live", async () => {
    const { line } = await unsettled();
    const old = line.replaceAll(
      /"\$date\\":\\"[^"]*"/g,
      String.raw`"$$date\":\"2020-01-01T00:00:00Z\"`,
    );
    expect(await replay(old)).toBe("{ 'too old': 1 }\n");
  });
});
