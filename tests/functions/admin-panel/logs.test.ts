import { beforeAll, describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { messageLogsCollection, type StoredMessage } from "../../../lib/messages/message-log.ts";
import {
  type SecurityEvent,
  securityEvent,
  securityEventsCollection,
} from "../../../lib/security/events.ts";
import { signedIn } from "../../support/accounts.ts";
import { call, db, eventsOf, type Role, staff } from "./world.ts";

const messages = db.collection<StoredMessage>(messageLogsCollection.name);

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);

function someMessage(account: ObjectId, changes: Partial<StoredMessage> = {}): StoredMessage {
  return {
    _id: new ObjectId().toHexString(),
    account,
    username: "ada",
    email: "ada@example.com",
    model: "gpt-4o-mini",
    research: false,
    messages: JSON.stringify({
      request: [{ role: "user", content: "Hello" }],
      response: { role: "assistant", content: "Hi" },
    }),
    tokens: 12,
    duration: 34.5,
    ip: "203.0.113.7",
    at: new Date(),
    ...changes,
  };
}

describe("GET /v1/admin-panel/security-logs", () => {
  const list = (query: Record<string, string> = {}, as: Role = "security admin") =>
    call("GET /v1/admin-panel/security-logs", { token: staff[as].token, query });
  const types = ({ body }: Awaited<ReturnType<typeof list>>): string[] =>
    body.logs.map((one: { event_type: string }) => one.event_type);
  const times = ["08", "09", "09", "10", "11"].map((h) => new Date(`2026-05-01T${h}:00:00Z`));
  let ada: Awaited<ReturnType<typeof signedIn>>["account"];

  beforeAll(async () => {
    ada = (await signedIn(db)).account;
    const from = (ip: string) => ({ id: "r", ip, userAgent: "curl" });
    const subject = ada._id;
    const actor = { kind: "staff" as const, id: staff.admin.id };
    const made = [
      securityEvent("login_failed", { request: from("192.0.2.1") }),
      securityEvent("login_successful", { request: from("192.0.2.2"), subject }),
      securityEvent("user_suspended", { request: from("192.0.2.3"), subject, actor }),
      securityEvent("user_restored", {
        request: from("192.0.2.3"),
        subject,
        actor,
        details: { reason: "why" },
      }),
      securityEvent("refresh_token_reused", {
        request: from("192.0.2.2"),
        subject: new ObjectId(),
        actor: { kind: "service" },
      }),
    ];
    await db
      .collection<SecurityEvent>(securityEventsCollection.name)
      .insertMany(made.map((event, index) => ({ ...event, at: times[index] ?? new Date() })));
  });

  const all = [
    "refresh_token_reused",
    "user_restored",
    "user_suspended",
    "login_successful",
    "login_failed",
  ];

  it("200: newest first, with who did it and to whom", async () => {
    const answer = await list();
    expect(answer.status).toBe(200);
    expect(types(answer)).toEqual(all);
    expect(answer.body).toMatchObject({ total_count: 5, page: 1, page_size: 50 });
    expect(answer.body.logs[1]).toEqual({
      id: expect.any(String),
      event_type: "user_restored",
      severity: "info",
      user_id: ada._id.toHexString(),
      username: ada.username,
      actor: { kind: "staff", id: staff.admin.id.toHexString() },
      ip_address: "192.0.2.3",
      user_agent: "curl",
      request_id: "r",
      details: { reason: "why" },
      timestamp: "2026-05-01T10:00:00.000Z",
    });
    expect(answer.body.logs[0]).toMatchObject({ username: null, actor: { id: null } });
    expect(answer.body.logs[4]).toMatchObject({ user_id: null, actor: null });
  });

  it.each<[string, () => Record<string, string>, string[]]>([
    ["of a type", () => ({ event_type: "login_failed" }), ["login_failed"]],
    ["of a severity", () => ({ severity: "warning" }), ["user_suspended"]],
    ["of a user", () => ({ user_id: ada._id.toHexString() }), all.slice(1, 4)],
    [
      "of one of staff",
      () => ({ actor_id: staff.admin.id.toHexString() }),
      ["user_restored", "user_suspended"],
    ],
    ["of an address", () => ({ ip_address: "192.0.2.1" }), ["login_failed"]],
    ["not before a time", () => ({ from: "2026-05-01T12:00:00+02:00" }), all.slice(0, 2)],
    ["before a time", () => ({ to: "2026-05-01T09:00:00Z" }), ["login_failed"]],
    [
      "of several at once",
      () => ({ user_id: ada._id.toHexString(), severity: "info", to: "2026-05-01T10:00:00Z" }),
      ["login_successful"],
    ],
    ["of nobody", () => ({ user_id: new ObjectId().toHexString() }), []],
  ])("200: those %s", async (_, query, found) => {
    const answer = await list(query());
    expect(types(answer)).toEqual(found);
    expect(answer.body.total_count).toBe(found.length);
  });

  it("200: by cursors each once, also where moments are the same", async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < 10; page += 1) {
      const answer = await list({ page_size: "2", ...(cursor && { cursor }) });
      seen.push(...types(answer));
      cursor = answer.body.next_cursor ?? undefined;
      if (!cursor) break;
    }
    expect(seen).toEqual(all);
  });

  it.each([
    { severity: "grave" },
    { user_id: "ada" },
    { from: "yesterday" },
    { cursor: "x" },
    { page: "1", cursor: "x" },
    { type: "login_failed" },
  ])("422: refuses %p", async (query) => {
    expect((await list(query)).status).toBe(422);
  });

  it.each<[Role, number]>([
    ["super", 200],
    ["security admin", 200],
    ["admin", 403],
    ["usage admin", 403],
    ["advanced", 403],
  ])("%s: %d", async (as, status) => {
    expect((await list({}, as)).status).toBe(status);
  });
});

describe("GET /v1/admin-panel/message-logs/{id}", () => {
  const read = (id: ObjectId, query: Record<string, string> = {}, as: Role = "usage admin") =>
    call("GET /v1/admin-panel/message-logs/{id}", {
      token: staff[as].token,
      path: { id: id.toHexString() },
      query,
    });

  it("200: what the user asked and was answered, newest first; that it was read is recorded", async () => {
    const { account } = await signedIn(db);
    const old = someMessage(account._id, { at: hoursAgo(5), rType: "tot" });
    await messages.insertMany([old, someMessage(account._id), someMessage(new ObjectId())]);
    const { status, body } = await read(account._id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ total_count: 2, next_cursor: null });
    expect(body.logs[1]).toEqual({
      id: old._id,
      username: "ada",
      email: "ada@example.com",
      model: "gpt-4o-mini",
      messages: JSON.parse(old.messages),
      messages_omitted: false,
      research_enabled: false,
      r_type: "tot",
      tokens_used: 12,
      processing_time_ms: 34.5,
      ip_address: "203.0.113.7",
      timestamp: old.at.toISOString(),
    });
    expect(await eventsOf(account._id)).toMatchObject([
      {
        type: "messages_read_by_staff",
        actor: { kind: "staff", id: staff["usage admin"].id },
        details: { messages: 2 },
      },
    ]);
  });

  it("200: an answer never grows too large: what does not fit comes without its text, and alone with it", async () => {
    const { account } = await signedIn(db);
    const text = JSON.stringify({ request: [], response: "x".repeat(1_500_000) });
    const many = Array.from({ length: 4 }, (_, hour) =>
      someMessage(account._id, { messages: text, at: hoursAgo(hour) }),
    );
    await messages.insertMany(many);
    const { body } = await read(account._id);
    expect(JSON.stringify(body).length).toBeLessThan(5_000_000);
    const omitted = body.logs.map((one: { messages_omitted: boolean }) => one.messages_omitted);
    expect(omitted).toEqual([false, false, true, true]);
    expect(body.logs[2]).toMatchObject({ id: many[2]?._id, messages: null, tokens_used: 12 });
    const third = await read(account._id, { page: "3", page_size: "1" });
    expect(third.body.logs[0]).toMatchObject({ id: many[2]?._id, messages_omitted: false });
  });

  it("404: nobody has it; 422: a page that is none", async () => {
    const { account } = await signedIn(db);
    expect((await read(new ObjectId())).status).toBe(404);
    expect((await read(account._id, { page_size: "0" })).status).toBe(422);
  });

  it("403: who manages users need not read what they write", async () => {
    const { account } = await signedIn(db);
    for (const as of ["admin", "security admin", "advanced"] as const) {
      for (const id of [account._id, new ObjectId()]) {
        expect((await read(id, {}, as)).status).toBe(403);
      }
    }
    expect(await eventsOf(account._id)).toEqual([]);
  });
});
