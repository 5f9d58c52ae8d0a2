import { describe, expect, it } from "@jest/globals";
import { EnvError, parseEnv } from "../lib/env.ts";

const secret = { TOKEN_SECRET: "a secret of the tests, long enough" };
const usable = { MONGODB_URI: "mongodb://localhost:27017", ...secret };

const refusal = (source: Record<string, string>): string => {
  try {
    parseEnv(source);
  } catch (error) {
    if (error instanceof EnvError) return error.message;
    throw error;
  }
  throw new Error("was accepted");
};

describe("the environment", () => {
  it("has defaults for all but the database's address and the server's secret", () => {
    expect(parseEnv(usable)).toMatchObject({
      MONGODB_DATABASE: "promptenchanter",
      CORS_ORIGINS: [],
      TRUSTED_PROXIES: 0,
      LOG_LEVEL: "INFO",
    });
  });

  it("takes the address of pages with or without a slash at its end", () => {
    for (const APP_URL of ["https://app.example/pe", "https://app.example/pe/"]) {
      expect(parseEnv({ ...usable, APP_URL }).APP_URL).toBe("https://app.example/pe");
    }
  });

  it("names every missing and malformed value at once, and none of the values", () => {
    const message = refusal({
      MONGODB_URI: "localhost:27017",
      MAIL_FROM: "nobody-at-all",
      UPSTREAM_URL: "ftp://models",
      TRUSTED_PROXIES: "many",
      LOG_LEVEL: "LOUD",
    });
    for (const name of [
      "MONGODB_URI",
      "MAIL_FROM",
      "UPSTREAM_URL",
      "TRUSTED_PROXIES",
      "LOG_LEVEL",
    ]) {
      expect(message).toContain(name);
    }
    for (const value of ["localhost", "nobody", "ftp://", "many", "LOUD"]) {
      expect(message).not.toContain(value);
    }
  });

  it("says that the database's address is missing", () => {
    expect(refusal({})).toContain("MONGODB_URI: is missing");
  });

  it("says that the server's secret is missing or short, also beside another mistake", () => {
    expect(refusal({ MONGODB_URI: usable.MONGODB_URI })).toContain("TOKEN_SECRET: is missing");
    expect(refusal({ ...usable, TOKEN_SECRET: "short" })).toContain("TOKEN_SECRET: must have at");
    const both = refusal({ LOG_LEVEL: "LOUD" });
    for (const name of ["LOG_LEVEL", "MONGODB_URI", "TOKEN_SECRET"]) expect(both).toContain(name);
  });

  it("reads the former API's defaults of accounts from JSON, and names one that is malformed", () => {
    expect(
      parseEnv({
        ...usable,
        USER_REGISTRATION_ENABLED: "False",
        DEFAULT_USER_CREDITS: '{"main":7,"reset":3}',
        DEFAULT_USER_ACCESS_RTYPE: '["bpe"]',
      }),
    ).toMatchObject({
      USER_REGISTRATION_ENABLED: false,
      DEFAULT_USER_CREDITS: { main: 7, reset: 3 },
      DEFAULT_USER_ACCESS_RTYPE: ["bpe"],
    });
    expect(refusal({ ...usable, DEFAULT_USER_LIMITS: "10" })).toContain("DEFAULT_USER_LIMITS");
    expect(refusal({ ...usable, DEFAULT_USER_LIMITS: "{ten}" })).toContain("must be JSON");
  });

  it("takes the name of a parameter in place of the address", () => {
    expect(
      parseEnv({ ...secret, MONGODB_URI_PARAMETER: "/promptenchanter/dev/mongodb" }),
    ).toMatchObject({
      MONGODB_URI_PARAMETER: "/promptenchanter/dev/mongodb",
    });
  });

  it("counts an empty value as none", () => {
    expect(parseEnv({ ...usable, MAIL_FROM: "", LOG_LEVEL: "" })).toMatchObject({
      LOG_LEVEL: "INFO",
    });
  });

  it("splits origins at commas", () => {
    expect(
      parseEnv({ ...usable, CORS_ORIGINS: "https://a.example, https://b.example," }).CORS_ORIGINS,
    ).toEqual(["https://a.example", "https://b.example"]);
  });

  it("accepts the former API's names that still mean something", () => {
    expect(
      parseEnv({
        ...secret,
        MONGODB_URL: "mongodb+srv://cluster.example",
        FROM_EMAIL: "noreply@example.com",
        WAPI_URL: "https://models.example/v1",
        WAPI_KEY: "key",
        LOG_LEVEL: "warning",
        DEBUG: "true",
      }),
    ).toMatchObject({
      MONGODB_URI: "mongodb+srv://cluster.example",
      MAIL_FROM: "noreply@example.com",
      UPSTREAM_URL: "https://models.example/v1",
      UPSTREAM_API_KEY: "key",
      LOG_LEVEL: "WARN",
      CORS_ORIGINS: ["*"],
    });
  });

  it("prefers the new name, and names a former one that is malformed", () => {
    expect(parseEnv({ ...usable, MONGODB_URL: "mongodb://former" }).MONGODB_URI).toBe(
      usable.MONGODB_URI,
    );
    expect(refusal({ MONGODB_URL: "former" })).toContain("MONGODB_URL: must begin with mongodb://");
  });
});
