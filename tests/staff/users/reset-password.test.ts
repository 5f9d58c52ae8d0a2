import { expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { defaultSettings } from "../../../lib/settings/rules.ts";
import { resetPassword } from "../../../lib/staff/users/reset-password.ts";
import { someAccount } from "../../support/accounts.ts";

it("a one-time password that is made here is good also where chance put a short name into it", async () => {
  const user = someAccount({ username: "abc", email: "xyz@example.com" });
  // Of 128 characters one in 130 has one of the two names in it.
  const passwords = { ...defaultSettings.passwords, minLength: 128 };
  const deps = {
    users: { find: async () => ({ user, now: new Date() }), setPassword: async () => true },
    mailer: { off: true, send: async () => ({ outcome: "off" }) },
    events: { record: async () => {} },
    passwords: { hash: async () => "a hash" },
    settings: { current: async () => ({ ...defaultSettings, passwords }) },
  } as unknown as Parameters<typeof resetPassword>[0];
  const request = { id: "r", ip: "203.0.113.7", userAgent: undefined };
  for (let count = 0; count < 3_000; count++) {
    const input = { staff: { _id: new ObjectId() }, account: user._id, password: null, request };
    const { data } = await resetPassword(deps, input);
    expect(data.one_time_password).toHaveLength(128);
  }
});
