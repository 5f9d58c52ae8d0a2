import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import { signedIn } from "../support/accounts.ts";
import { apiEvent } from "../support/api-event.ts";
import { testDatabase } from "../support/database.ts";
import { testSecret } from "../support/functions.ts";
import { expectNoSecrets } from "../support/secrets.ts";
import { type TcpProxy, tcpProxy } from "../support/tcp-proxy.ts";

/** Milliseconds for which it is frozen: as long as no monitor of the driver's would outlive unnoticed. */
const frozenFor = 30_000;

const { db, uri, name } = await testDatabase();

it.concurrent.each<[string, (proxy: TcpProxy) => void]>([
  ["cut", (proxy) => proxy.cut()],
  ["lost without a word", (proxy) => proxy.freeze()],
])(
  "a container that was frozen for 30 s, its sockets %s meanwhile, serves again within 5 s",
  async (_, disturb) => {
    const proxy = await tcpProxy(Number(new URL(uri).port));
    const { tokens } = await signedIn(db);
    const logged: string[] = [];
    const event = apiEvent({
      resource: "/v1/users/profile",
      headers: { Authorization: `Bearer ${tokens.session_token}` },
    });
    const child = spawn(process.execPath, ["tests/support/container-child.ts", "users/profile"], {
      env: {
        ...process.env,
        MONGODB_URI: `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`,
        MONGODB_DATABASE: name,
        TOKEN_SECRET: testSecret,
        LOG_LEVEL: "DEBUG",
        POWERTOOLS_METRICS_DISABLED: "true",
      },
      stdio: ["pipe", "pipe", "inherit"],
    });
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const answer = async (): Promise<string | undefined> => {
        for (;;) {
          const line: string | undefined = (await lines.next()).value;
          if (!line?.startsWith("{")) return line;
          logged.push(line);
        }
      };
      const status = (): Promise<string | undefined> => {
        child.stdin.write(`${JSON.stringify(event)}\n`);
        return answer();
      };
      expect(await answer()).toBe("ready");
      expect(await status()).toBe("200");
      child.kill("SIGSTOP");
      disturb(proxy);
      await sleep(frozenFor);
      proxy.cut();
      proxy.thaw();
      child.kill("SIGCONT");
      const startedAt = performance.now();
      expect(await status()).toBe("200");
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      expectNoSecrets(logged, [tokens.session_token, tokens.refresh_token, testSecret]);
    } finally {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
      await proxy.close();
    }
  },
  60_000,
);
