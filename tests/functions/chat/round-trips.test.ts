import { describe, expect, it } from "@jest/globals";
import type { StoredAccount } from "../../../lib/accounts/document.ts";
import { commandsOf } from "../../support/commands.ts";
import { keyedService, say } from "./support.ts";

const service = await keyedService();
const ask = await service.asking("chat/completions", "/v1/chat/completions");
const { database } = await import("../../../lib/runtime.ts");
const body = { model: "pe-low", messages: say("Hello") };

describe("a metered request", () => {
  it.each<[string, Partial<StoredAccount>, Record<string, string>, string[]]>([
    ["takes two round trips", {}, {}, ["findAndModify", "bulkWrite"]],
    [
      "takes three with an Idempotency-Key",
      {},
      { "Idempotency-Key": "k" },
      ["findAndModify", "find", "bulkWrite"],
    ],
    [
      "takes one if it is refused, and one for its usage event",
      { balance: 0 },
      {},
      ["findAndModify", "bulkWrite"],
    ],
  ])("%s", async (_, account, headers, commands) => {
    const { key } = await service.somebody(account);
    // Settings are read now and kept for ten seconds.
    await ask({ key: (await service.somebody()).key, body });
    expect(await commandsOf(database, () => ask({ key, body, headers }))).toEqual(commands);
  });

  it("is told from others by an id of the server's own, whatever id its client sends", async () => {
    const { id, key } = await service.somebody();
    const headers = { "X-Request-Id": "always the same" };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ask({ key, body, headers })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(new Set(answers.map((answer) => answer.headers["X-Request-Id"])).size).toBe(20);
    expect(await service.stateOf(id)).toEqual({ balance: 80, conversations: 20, holds: 0 });
  });
});
