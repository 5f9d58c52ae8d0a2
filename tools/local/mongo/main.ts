/**
 * The embedded database as a process of its own: `node main.ts [--directory D] [--port N]
 * [--repair]`. Writes one JSON line, `{"uri": …}` or `{"error": …}`, then log lines on stderr.
 * It ends when its standard input does, so it never outlives the process that started it.
 */
import { parseArgs } from "node:util";
import { type ServerOptions, startServer } from "./server.ts";

const { values } = parseArgs({
  options: {
    directory: { type: "string" },
    port: { type: "string" },
    repair: { type: "boolean", default: false },
  },
});

const options: ServerOptions = {
  port: Number(values.port ?? 0),
  repair: values.repair,
  log: (line) => process.stderr.write(`${line}\n`),
};
if (values.directory !== undefined) options.directory = values.directory;

const say = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

try {
  const server = await startServer(options);
  const end = async (): Promise<void> => {
    await server.close();
    process.exit(0);
  };
  process.stdin.resume().on("end", end).on("error", end);
  process.on("SIGTERM", end);
  // A ctrl-C reaches every process of the terminal: whoever started this one decides when it ends.
  process.on("SIGINT", () => {});
  say({ uri: server.uri });
} catch (error) {
  say({ error: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
