import { describe, expect, it } from "@jest/globals";
import { defaultSettings, Settings } from "../../lib/settings/rules.ts";
import { providersOf } from "../../lib/upstream/provider.ts";

const environment = {
  url: "https://models.example/v1/",
  key: "from the environment",
  keyParameter: undefined,
};

const given = (providers: Settings["providers"], env: Partial<typeof environment> = {}) => {
  const read: string[] = [];
  let version = 1;
  const list = providersOf({
    settings: { current: async () => ({ providers }), version: () => version },
    environment: { ...environment, ...env },
    readParameter: async (name) => {
      read.push(name);
      return `value of ${name}`;
    },
  });
  const refresh = () => {
    version += 1;
  };
  return { list, read, refresh };
};

const one = {
  name: "one",
  url: "https://one.example/v1",
  keyParameter: "/promptenchanter/dev/providers/one",
  models: {},
  timeoutSeconds: 30,
};

describe("the providers", () => {
  it("are those of the settings, each key read once", async () => {
    const { list, read } = given([one]);
    for (const _ of [1, 2]) {
      const [first] = await list();
      expect(first).toMatchObject({ name: "one", timeoutMs: 30_000 });
      expect(await first?.key()).toBe("value of /promptenchanter/dev/providers/one");
    }
    expect(read).toEqual([one.keyParameter]);
  });

  it("have their keys read again for another version of the settings", async () => {
    const { list, read, refresh } = given([one]);
    const [first] = await list();
    await first?.key();
    refresh();
    await first?.key();
    await first?.key();
    expect(read).toEqual([one.keyParameter, one.keyParameter]);
  });

  it("never get the environment's key, which is another's", async () => {
    const { keyParameter: _none, ...keyless } = one;
    const [first] = await given([keyless]).list();
    expect(await first?.key()).toBeUndefined();
  });

  it("are the environment's where the settings name none", async () => {
    const [first, ...rest] = await given([]).list();
    expect(first?.url).toBe("https://models.example/v1");
    expect(await first?.key()).toBe("from the environment");
    expect(rest).toEqual([]);
  });
});

describe("the parameter of a provider's key", () => {
  const withParameter = (keyParameter: string) =>
    Settings.safeParse({ ...defaultSettings, providers: [{ ...one, keyParameter }] }).success;

  it.each([
    ["/promptenchanter/dev/providers/one", true],
    ["/promptenchanter/dev/token-secret", false],
    ["/promptenchanter/dev/providers", false],
    ["providers/one", false],
  ])("%s: %s, so that no other secret can be sent to an address of the settings", (name, good) => {
    expect(withParameter(name)).toBe(good);
  });
});
