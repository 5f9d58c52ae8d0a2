import { randomUUID } from "node:crypto";
import type { Person } from "./people.ts";

interface Sent {
  method?: "GET" | "POST" | "PUT";
  path: string;
  token?: string | undefined;
  body?: object;
  headers?: Record<string, string>;
}

interface Traffic {
  /** How often, among all. */
  weight: number;
  request: (person: Person, staff: string | undefined) => Sent;
}

const ask = (words: string): { role: string; content: string }[] => [
  { role: "user", content: words },
];

const chat = (more: object, words = "Why is the sky blue?") => ({
  model: "pe-low",
  messages: ask(words),
  ...more,
});

/** Kinds of requests of mixed traffic, by name. Those of staff are left out where nobody of staff signed in. */
export const traffic: Readonly<Record<string, Traffic>> = {
  chat: {
    weight: 40,
    request: ({ apiKey }) => ({
      path: "/v1/chat/completions",
      token: apiKey,
      body: chat({}),
    }),
  },
  "chat, streamed": {
    weight: 15,
    request: ({ apiKey }) => ({
      path: "/v1/chat/completions",
      token: apiKey,
      body: chat({ stream: true }),
    }),
  },
  "chat, with Idempotency-Key": {
    weight: 5,
    request: ({ apiKey }) => ({
      path: "/v1/chat/completions",
      token: apiKey,
      body: chat({}),
      headers: { "Idempotency-Key": randomUUID() },
    }),
  },
  "chat that the model refuses": {
    weight: 3,
    request: ({ apiKey }) => ({
      path: "/v1/chat/completions",
      token: apiKey,
      body: chat({}, "[[status 400]] no"),
    }),
  },
  "chat with a bad body": {
    weight: 2,
    request: ({ apiKey }) => ({
      path: "/v1/chat/completions",
      token: apiKey,
      body: chat({ temperature: 9 }),
    }),
  },
  batch: {
    weight: 5,
    request: ({ apiKey }) => ({
      path: "/v1/batch/process",
      token: apiKey,
      body: { level: "low", batch: [{ prompt: "one" }, { prompt: "two" }, { prompt: "three" }] },
    }),
  },
  models: { weight: 3, request: ({ apiKey }) => ({ path: "/v1/models", token: apiKey }) },
  profile: {
    weight: 12,
    request: ({ session }) => ({ path: "/v1/users/profile", token: session }),
  },
  "profile, changed": {
    weight: 4,
    request: ({ session }) => ({
      method: "PUT",
      path: "/v1/users/profile",
      token: session,
      body: { about_me: randomUUID() },
    }),
  },
  usage: {
    weight: 3,
    request: ({ session }) => ({ path: "/v1/monitoring/usage", token: session }),
  },
  "sign-up": {
    weight: 1,
    request: () => {
      const username = `new_${randomUUID().slice(0, 13)}`;
      return {
        path: "/v1/users/register",
        body: {
          username,
          name: "Just Came",
          email: `${username}@example.com`,
          password: randomUUID(),
        },
      };
    },
  },
  "an unknown key": {
    weight: 2,
    request: ({ apiKey }) => ({ path: "/v1/models", token: `${apiKey.slice(0, -1)}!` }),
  },
  "staff: users": {
    weight: 2,
    request: (_, token) => ({ path: "/v1/admin-panel/users?page_size=20", token }),
  },
  "staff: a user": {
    weight: 2,
    request: ({ id }, token) => ({ path: `/v1/admin-panel/users/${id}`, token }),
  },
  "staff: credits granted": {
    weight: 1,
    request: ({ id }, token) => ({
      path: `/v1/admin-panel/users/${id}/credits`,
      token,
      body: { amount: 3, reason: "load" },
    }),
  },
};

/** Picks a kind by its weight, for a number from 0 to 1. */
export function pick(kinds: readonly string[], number: number): string {
  const total = kinds.reduce((sum, kind) => sum + (traffic[kind]?.weight ?? 0), 0);
  let left = number * total;
  for (const kind of kinds) {
    left -= traffic[kind]?.weight ?? 0;
    if (left < 0) return kind;
  }
  return kinds.at(-1) ?? "";
}
