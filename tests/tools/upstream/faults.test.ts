import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { readFaults, withoutFaults } from "../../../tools/local/upstream/faults.ts";
import { readStream, useUpstream } from "./support.ts";

const { ask, chat, completion, post, requests } = useUpstream();

describe("faults of the upstream, asked for in a message", () => {
  it.each([400, 429, 500, 503])("[[status %d]] answers that status", async (status) => {
    const response = await chat(`Hi [[status ${status}]] [[retry-after 2]]`);
    expect(response.status).toBe(status);
    expect(response.headers.get("retry-after")).toBe("2");
    expect(await response.json()).toMatchObject({ error: { type: expect.any(String) } });
  });

  it("[[delay]] waits before the first byte", async () => {
    const start = performance.now();
    await chat("[[delay 150]]");
    expect(performance.now() - start).toBeGreaterThanOrEqual(145);
  });

  it("[[pace]] spreads the pieces of a stream", async () => {
    const start = performance.now();
    const response = await chat("[[pace 40]]", { stream: true });
    expect(performance.now() - start).toBeLessThan(2_000);
    await readStream(response);
    expect(performance.now() - start).toBeGreaterThanOrEqual(100);
  });

  it("[[words]] makes the answer long", async () => {
    const { choices } = await completion("[[words 1000]]");
    expect(choices[0]?.message.content?.split(" ")).toHaveLength(1_000);
  });

  it("[[cut]] breaks a stream after so many pieces, without an end", async () => {
    const reader = (await chat("[[cut 2]] a b c", { stream: true })).body?.getReader();
    let text = "";
    const read = async () => {
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done) return;
        text += Buffer.from(value ?? []).toString();
      }
    };
    await expect(read()).rejects.toThrow("terminated");
    expect(text.match(/data: /g)).toHaveLength(2);
  });

  it("[[cut]] breaks a whole answer after so many bytes", async () => {
    await expect((await chat("[[cut 20]]")).text()).rejects.toThrow("terminated");
  });

  it("[[hang]] never answers, and the upstream goes on for others", async () => {
    await expect(
      post(
        { model: "m", messages: [{ role: "user", content: "[[hang]]" }] },
        {},
        AbortSignal.timeout(200),
      ),
    ).rejects.toThrow(/timeout/);
    expect((await chat("next")).status).toBe(200);
    expect((await requests())[1]).toMatchObject({ outcome: "broken" });
  });

  it("[[hang 1]] stops a stream after one piece", async () => {
    const response = await post(
      { model: "m", stream: true, messages: [{ role: "user", content: "[[hang 1]]" }] },
      {},
      AbortSignal.timeout(300),
    );
    await expect(response.text()).rejects.toThrow(/timeout/);
  });

  it("[[malformed]] answers what is no JSON, whole and streamed", async () => {
    await expect((await chat("[[malformed]]")).json()).rejects.toThrow("JSON");
    const { others } = await readStream(await chat("[[malformed]]", { stream: true }));
    expect(others).toEqual(['{"choices": [', "[DONE]"]);
  });

  it("[[usage none]] leaves usage out, whole and streamed", async () => {
    expect(await completion("[[usage none]]")).not.toHaveProperty("usage");
    const more = { stream: true, stream_options: { include_usage: true } };
    const { chunks } = await readStream(await chat("[[usage none]]", more));
    expect(chunks.every(({ usage }) => usage === null)).toBe(true);
  });

  it("is asked by a header as well, which wins over the message", async () => {
    const body = { model: "m", messages: [{ role: "user", content: "[[status 500]]" }] };
    expect((await post(body, { "X-Fault": "status 429; retry-after 1" })).status).toBe(429);
  });

  it.each(["[[explode]]", "[[status 200]]", "[[delay soon]]"])(
    "refuses the unknown %s",
    async (text) => {
      expect((await chat(text)).status).toBe(400);
    },
  );

  it("leaves the markers out of what it says", async () => {
    const { choices } = await completion("Hi [[delay 1]]");
    expect(choices[0]?.message.content).toBe("You said: Hi");
  });

  it("reads any text without markers as no fault", () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes("[[")),
        (text) => {
          expect(readFaults(undefined, text)).toEqual({ delay: 0, pace: 0 });
          expect(withoutFaults(text)).toBe(text.trim());
        },
      ),
    );
  });

  it("needs the key even for a fault", async () => {
    const init = { method: "POST", headers: { Authorization: "" }, body: "{}" };
    expect((await ask("/v1/chat/completions", init)).status).toBe(401);
  });
});
