import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import { type LocalStack, startLocalStack } from "./local-stack.ts";

interface Asked {
  token?: string;
  body?: object;
  /** Idempotency-Key */
  key?: string;
}

/** A local stack of a test file's own, in a folder that goes with it; `env` is more of the functions' environment. */
export function useStack(env: Record<string, string> = {}) {
  const data = mkdtempSync(join(tmpdir(), "e2e-"));
  let stack: LocalStack | undefined;
  const running = (): LocalStack => {
    if (!stack) throw new Error("the stack has not started");
    return stack;
  };

  beforeAll(async () => {
    stack = await startLocalStack(data, { env });
  });
  afterAll(async () => {
    if (stack) {
      const exited = once(stack.process, "exit");
      stack.process.kill("SIGTERM");
      await exited;
    }
    rmSync(data, { recursive: true, force: true });
  });

  return {
    data,
    stack: running,
    /** One request through the gateway; what is not JSON is its text. */
    ask: async (method: string, path: string, { token, body, key }: Asked = {}) => {
      const response = await fetch(`${running().apiUrl}/v1${path}`, {
        method,
        headers: {
          ...(token !== undefined && { Authorization: `Bearer ${token}` }),
          ...(key !== undefined && { "Idempotency-Key": key }),
          ...(body && { "Content-Type": "application/json" }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json");
      return {
        status: response.status,
        id: response.headers.get("x-request-id") ?? "",
        // biome-ignore lint/suspicious/noExplicitAny: each answer has a form of its own, which its test looks at.
        body: (isJson ? JSON.parse(text) : text) as any,
      };
    },
  };
}
