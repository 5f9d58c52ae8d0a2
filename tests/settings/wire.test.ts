import { describe, expect, it } from "@jest/globals";
import * as z from "zod";
import { SettingsChanges } from "../../lib/settings/requests.ts";
import { defaultSettings, Settings } from "../../lib/settings/rules.ts";
import { fromWire, toWire, wireSchema } from "../../lib/settings/wire.ts";

const example: Settings = {
  ...defaultSettings,
  providers: [
    {
      name: "one",
      url: "https://one.example/v1",
      keyParameter: "/promptenchanter/dev/providers/one",
      models: { "gpt-4o": "openai/gpt-4o", modelA: "modelB" },
      timeoutSeconds: 30,
    },
  ],
};

describe("settings in the API", () => {
  const wire = toWire(Settings, example);

  it("have the names of the API, and the names that are somebody's own as they are", () => {
    expect(wire).toMatchObject({
      registration: { accepted_per_day: 10, refused_per_hour: 20 },
      plans: {
        free: { rate: { chat: { per_minute: 10 } }, open_at_once: 2, r_types: ["bpe", "tot"] },
      },
      passwords: { argon2id: { memory: 19_456 } },
      providers: [{ key_parameter: expect.any(String), models: { modelA: "modelB" } }],
    });
    expect(JSON.stringify(wire).replace(/modelA|modelB/g, "")).not.toMatch(/"[a-z]+[A-Z]\w*":/);
  });

  it("pass their schema and come back as they were", () => {
    expect(wireSchema(Settings).parse(wire)).toEqual(wire);
    expect(fromWire(Settings, wire)).toEqual(example);
    expect(SettingsChanges.parse(wire)).toEqual(wire);
  });

  it.each<[string, unknown, string]>([
    [
      "an unknown field, by its path",
      { sessions: { hours: 1, refresh_days: 1, longest_days: 9, most: 1, least: 1 } },
      "sessions",
    ],
    [
      "a name of the inside",
      { sessions: { hours: 1, refreshDays: 1, longest_days: 9, most: 1 } },
      "sessions",
    ],
    ["an unknown section", { session: {} }, ""],
    [
      "a section without a field",
      { sessions: { hours: 1, longest_days: 9, most: 1 } },
      "sessions.refresh_days",
    ],
    [
      "more than a schema allows",
      { sessions: { hours: 1, refresh_days: 1, longest_days: 9, most: 51 } },
      "sessions.most",
    ],
    [
      "more entries than a list may have",
      { providers: Array(11).fill(example.providers[0]) },
      "providers",
    ],
    ["no section at all", {}, ""],
  ])("are refused for %s", (_, changes, path) => {
    const parsed = SettingsChanges.strict().safeParse(changes);
    expect(parsed.error?.issues.map((issue) => z.core.toDotPath(issue.path))).toContain(path);
  });
});
