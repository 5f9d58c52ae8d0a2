import { beforeAll, describe, expect, it } from "@jest/globals";
import { someAccount } from "../../support/accounts.ts";
import { accounts, call, staff } from "./world.ts";

const path = "GET /v1/admin-panel/users";
const list = (query: Record<string, string> = {}) =>
  call(path, { token: staff.admin.token, query });
const names = ({ body }: Awaited<ReturnType<typeof list>>): string[] =>
  body.users.map(({ username }: { username: string }) => username);

const people = [
  { username: "Ada", name: "Ada Lovelace", email: "countess@example.com" },
  { username: "Grace", name: "Grace Hopper", email: "grace@navy.example", plan: "pro" },
  { username: "Edsger", name: "E. W. Dijkstra (50%)", email: "ewd@example.com", verified: false },
  { username: "Barbara", name: "Barbara Liskov", email: "bl@mit.example", userType: "Business" },
  { username: "Tony", name: "Tony Hoare", email: "car@ox.example", status: "suspended" },
  { username: "Gone", name: "Gone Soon", email: "gone@example.com", status: "deleting" },
] as const;

beforeAll(async () => {
  await accounts.insertMany(
    people.map((one) => someAccount({ ...one, usernameKey: one.username.toLowerCase() })),
  );
});

describe("GET /v1/admin-panel/users", () => {
  it("200: newest first, each as admins see it, with the contract's paging", async () => {
    const { status, body } = await list();
    expect(status).toBe(200);
    expect(names({ status, body, headers: {} })).toEqual(
      people.map(({ username }) => username).reverse(),
    );
    expect(body).toMatchObject({ total_count: 6, page: 1, page_size: 50, next_cursor: null });
    expect(body.users[1]).toMatchObject({
      username: "Tony",
      is_active: false,
      status: "suspended",
      credits: { main: 5, reset: 5 },
    });
    expect(JSON.stringify(body)).not.toMatch(/argon2id|passwordHash|sessions|keys/);
  });

  it.each<[string, Record<string, string>, string[]]>([
    ["a part of a name, in any case", { search: "HOPPER" }, ["Grace"]],
    ["a part of an address", { search: "@mit" }, ["Barbara"]],
    ["a part of a username", { search: "dsge" }, ["Edsger"]],
    ["signs that mean something in patterns", { search: "(50%)" }, ["Edsger"]],
    ["a pattern, which is only a text", { search: ".*" }, []],
    ["the beginning of a username", { username_prefix: "GR" }, ["Grace"]],
    ["the beginning of an address", { email_prefix: "Car@" }, ["Tony"]],
    ["a plan", { subscription_plan: "pro" }, ["Grace"]],
    ["unverified ones", { is_verified: "false" }, ["Edsger"]],
    ["a type", { user_type: "Business" }, ["Barbara"]],
    ["suspended ones", { is_active: "false" }, ["Tony"]],
    ["several at once", { is_active: "true", search: "a", subscription_plan: "pro" }, ["Grace"]],
    ["nobody", { search: "nobody" }, []],
  ])("200: finds %s", async (_, query, found) => {
    const answer = await list(query);
    expect(answer.status).toBe(200);
    expect(names(answer)).toEqual(found);
    expect(answer.body.total_count).toBe(found.length);
  });

  it.each<[string, string[]]>([
    ["username", ["Ada", "Barbara", "Edsger", "Gone", "Grace", "Tony"]],
    ["-username", ["Tony", "Grace", "Gone", "Edsger", "Barbara", "Ada"]],
    ["email", ["Barbara", "Tony", "Ada", "Edsger", "Gone", "Grace"]],
    ["time_created", people.map(({ username }) => username)],
  ])("200: in the order %s, by pages and by cursors alike", async (sort, ordered) => {
    const byPage = await Promise.all(
      ["1", "2", "3"].map((page) => list({ sort, page, page_size: "2" })),
    );
    expect(byPage.flatMap(names)).toEqual(ordered);

    const byCursor: string[] = [];
    let cursor: string | undefined;
    do {
      const answer = await list({ sort, page_size: "4", ...(cursor && { cursor }) });
      byCursor.push(...names(answer));
      cursor = answer.body.next_cursor ?? undefined;
    } while (cursor);
    expect(byCursor).toEqual(ordered);
  });

  it("200: a cursor shows nobody twice when others come in between", async () => {
    const first = await list({ page_size: "3" });
    const late = someAccount({ username: "Late", usernameKey: "late" });
    await accounts.insertOne(late);
    const rest = await list({ page_size: "10", cursor: first.body.next_cursor });
    expect([...names(first), ...names(rest)]).toEqual(
      people.map(({ username }) => username).reverse(),
    );
    await accounts.deleteOne({ _id: late._id });
  });

  it.each<[string, Record<string, string>, string]>([
    ["an unknown parameter", { q: "ada" }, "q"],
    ["a page that is none", { page: "0" }, "page"],
    ["a page that is too long", { page_size: "101" }, "page_size"],
    ["an order that is none", { sort: "password" }, "sort"],
    ["an order that the prefix's index has not", { email_prefix: "a", sort: "username" }, "sort"],
    ["a flag that is none", { is_active: "maybe" }, "is_active"],
    ["an empty search", { search: "" }, "search"],
    ["a search for what no pattern can hold", { search: "a\u0000" }, "search"],
  ])("422: refuses %s by its name", async (_, query, field) => {
    const { status, body } = await list(query);
    expect(status).toBe(422);
    expect(body.errors.map(({ path }: { path: string }) => path)).toEqual([field]);
  });

  it("422: refuses the cursor of another order", async () => {
    const { body } = await list({ sort: "username", page_size: "1" });
    const refused = await list({ sort: "email", cursor: body.next_cursor });
    expect(refused).toMatchObject({ status: 422, body: { code: "VALIDATION_FAILED" } });
  });
});
