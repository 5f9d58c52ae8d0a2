import { describe, expect, it } from "@jest/globals";
import { parseEnv } from "../../../lib/env.ts";
import { environmentOf } from "../../../tools/local/environment.ts";

const parts = {
  mongodbUri: "mongodb://127.0.0.1:1/",
  mailboxUrl: "http://127.0.0.1:2",
  upstreamUrl: "http://127.0.0.1:3",
  upstreamKey: "sk-local",
  tokenSecret: "0123456789".repeat(4),
};

describe("the environment of the functions", () => {
  it("is complete without anything set, and leads to the local parts", () => {
    expect(parseEnv(environmentOf(parts, {}))).toMatchObject({
      MONGODB_URI: parts.mongodbUri,
      SES_ENDPOINT: parts.mailboxUrl,
      UPSTREAM_URL: `${parts.upstreamUrl}/v1`,
      UPSTREAM_API_KEY: parts.upstreamKey,
      TOKEN_SECRET: parts.tokenSecret,
      CORS_ORIGINS: ["*"],
      TRUSTED_PROXIES: 1,
    });
  });

  it.each<[string, NodeJS.ProcessEnv, NodeJS.ProcessEnv]>([
    [
      "lets what is set win",
      { UPSTREAM_URL: "https://a.example/v1" },
      { UPSTREAM_URL: "https://a.example/v1" },
    ],
    ["takes empty for unset", { LOG_LEVEL: "" }, { LOG_LEVEL: "INFO" }],
    [
      "keeps its own proxy and database",
      { TRUSTED_PROXIES: "3", MONGODB_URI: "x" },
      { TRUSTED_PROXIES: "1", MONGODB_URI: parts.mongodbUri },
    ],
    ["passes the rest on", { HOME: "/home/me" }, { HOME: "/home/me" }],
  ])("%s", (_, given, expected) => {
    expect(environmentOf(parts, given)).toMatchObject(expected);
  });
});
