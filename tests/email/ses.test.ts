import { beforeEach, describe, expect, it } from "@jest/globals";
import { MailFailure, type MailFailureClass, mailFailure } from "../../lib/email/mail-failure.ts";
import { message } from "../../lib/email/message.ts";
import { sesTransport } from "../../lib/email/ses.ts";
import { awsEnvironment, sesAnswers, sesServer } from "../support/ses.ts";

Object.assign(process.env, awsEnvironment);
const ses = await sesServer();
const from = "no-reply@example.com";
const transport = sesTransport({ from, endpoint: ses.url });
const mail = message("Grüße", ["Hello <you> & all", { code: "123456" }]);
const failureOf = (work: Promise<void>): Promise<MailFailure> =>
  work.then(
    () => {
      throw new Error("it was sent");
    },
    (error) => {
      if (error instanceof MailFailure) return error;
      throw error;
    },
  );

beforeEach(() => ses.answer(sesAnswers.accept));

describe("mail through SES", () => {
  it("arrives with both forms, as it was written", async () => {
    await transport.send("ada@example.com", mail);
    expect(ses.mails.at(-1)).toEqual({ from, to: "ada@example.com", ...mail });
  });

  it.each<[string, MailFailureClass, Parameters<typeof ses.answer>[0]]>([
    ["an unknown access key", "authentication", sesAnswers.refuse(403, "InvalidClientTokenId")],
    ["a wrong signature", "authentication", sesAnswers.refuse(403, "SignatureDoesNotMatch")],
    ["a policy that forbids it", "authentication", sesAnswers.refuse(403, "AccessDenied")],
    [
      "an account that may not send",
      "authentication",
      sesAnswers.refuse(400, "AccountSendingPausedException"),
    ],
    ["too many mails", "throttled", sesAnswers.refuse(400, "Throttling")],
    ["a status that says so", "throttled", sesAnswers.refuse(429, "Unknown")],
    ["an address that SES refuses", "rejected_address", sesAnswers.refuse(400, "MessageRejected")],
    [
      "an address that is none",
      "rejected_address",
      sesAnswers.refuse(400, "InvalidParameterValue"),
    ],
    ["a service that is ailing", "network", sesAnswers.refuse(503, "ServiceUnavailable")],
    ["an inner error", "network", sesAnswers.refuse(500, "InternalFailure")],
    ["a connection that ends", "network", sesAnswers.drop],
  ])("fails for %s as %s, once", async (_, expected, answer) => {
    ses.answer(answer);
    const before = ses.requests();
    const failure = await failureOf(transport.send("ada@example.com", mail));
    expect(failure.class).toBe(expected);
    expect(failure.permanent).toBe(expected === "rejected_address");
    expect(ses.requests() - before).toBe(1);
    expect(failure.cause).toBeInstanceOf(Error);
  });

  it("keeps no connection, which may be dead after a freeze", async () => {
    const before = ses.connections();
    await transport.send("ada@example.com", mail);
    await transport.send("ada@example.com", mail);
    expect(ses.connections() - before).toBe(2);
  });

  it("fails as network where nothing listens", async () => {
    const nowhere = sesTransport({ from, endpoint: "http://127.0.0.1:1" });
    expect((await failureOf(nowhere.send("ada@example.com", mail))).class).toBe("network");
  });

  it("gives a service that does not answer 2 s, and fails as timeout", async () => {
    ses.answer(sesAnswers.hang);
    const startedAt = performance.now();
    const failure = await failureOf(transport.send("ada@example.com", mail));
    const elapsed = performance.now() - startedAt;
    expect(failure.class).toBe("timeout");
    expect(elapsed).toBeGreaterThan(1_900);
    expect(elapsed).toBeLessThan(4_000);
  });

  it("fails as authentication without any credentials", () => {
    const error = Object.assign(new Error("none"), { name: "CredentialsProviderError" });
    expect(mailFailure(error).class).toBe("authentication");
  });
});
