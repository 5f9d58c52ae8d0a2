/** Commands about the server itself. */
import { Int32 } from "bson";
import { fail } from "../errors.ts";
import { isDoc } from "../values/codec.ts";
import { command } from "./command.ts";
import { any, ignored, object, required, text, withDefault } from "./fields.ts";

const parameters = {
  enableTestCommands: true,
  featureCompatibilityVersion: { version: "8.0" },
  requireApiVersion: false,
};

const getParameter = command({
  name: "getParameter",
  fields: { getParameter: required(any) },
  adminOnly: true,
  open: true,
  run: ({ getParameter: wanted }, { body }) => {
    if (wanted === "*" || (isDoc(wanted) && wanted.allParameters === true))
      return { ...parameters };
    const known = Object.entries(parameters).filter(([name]) => name in body);
    if (known.length === 0) fail("InvalidOptions", "no option found to get");
    return Object.fromEntries(known);
  },
});

const configureFailPoint = command({
  name: "configureFailPoint",
  fields: {
    configureFailPoint: required(text),
    mode: required(any),
    data: withDefault(object, {}),
  },
  adminOnly: true,
  writes: true,
  run: ({ configureFailPoint: name, mode, data }, { server }) => ({
    count: new Int32(server.failPoints.configure(name, mode, data)),
  }),
});

const hostInfo = command({
  name: "hostInfo",
  fields: { hostInfo: ignored },
  run: (_, { now }) => ({
    system: { currentTime: now, hostname: "localhost", cpuAddrSize: new Int32(64) },
    os: { type: process.platform, name: process.platform, version: "" },
    extra: {},
  }),
});

export const diagnosticCommands = [getParameter, configureFailPoint, hostInfo];
