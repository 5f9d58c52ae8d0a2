import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "@jest/globals";

interface ReceivedMail {
  from: string;
  to: string;
  subject: string;
  text: string;
  html: string;
}

type Answer = (response: ServerResponse) => void;

/** What SES may do with a mail. */
export const sesAnswers = {
  accept: (response: ServerResponse) => response.end("<SendEmailResponse/>"),
  /** Never answers. */
  hang: () => {},
  drop: (response: ServerResponse) => response.destroy(),
  /** Says yes in half a sentence. */
  cut: (response: ServerResponse) => {
    response.writeHead(200, { "Content-Type": "text/xml", "Content-Length": 1_000 });
    response.write("<SendEmailResponse><SendEmailRes", () => response.destroy());
  },
  /** Never comes to an end. */
  drip: (response: ServerResponse) => {
    response.writeHead(200, { "Content-Type": "text/xml" });
    const timer = setInterval(() => response.write(" "), 100);
    response.once("close", () => clearInterval(timer));
  },
  say: (status: number, text: string) => (response: ServerResponse) =>
    response.writeHead(status, { "Content-Type": "text/html" }).end(text),
  refuse: (status: number, code: string) => (response: ServerResponse) => {
    response.writeHead(status, { "Content-Type": "text/xml" });
    response.end(
      `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>No.</Message></Error></ErrorResponse>`,
    );
  },
};

/**
 * Amazon SES as far as SendEmail goes, on a port of its own: keeps what it accepted, and fails as
 * told. To be called at the top of a test file.
 */
export async function sesServer() {
  const mails: ReceivedMail[] = [];
  const seen: ReceivedMail[] = [];
  const state: { answer: Answer; requests: number; connections: number } = {
    answer: sesAnswers.accept,
    requests: 0,
    connections: 0,
  };
  const server = createServer(async (request, response) => {
    state.requests += 1;
    let body = "";
    for await (const chunk of request) body += chunk;
    const form = new URLSearchParams(body);
    const mail = {
      from: form.get("Source") ?? "",
      to: form.get("Destination.ToAddresses.member.1") ?? "",
      subject: form.get("Message.Subject.Data") ?? "",
      text: form.get("Message.Body.Text.Data") ?? "",
      html: form.get("Message.Body.Html.Data") ?? "",
    };
    seen.push(mail);
    if (state.answer === sesAnswers.accept) mails.push(mail);
    state.answer(response);
  });
  server.on("connection", () => {
    state.connections += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** What was accepted, oldest first. */
    mails,
    /** What was sent to it, accepted or not, oldest first. */
    seen,
    /** What happens to the mails that come next. */
    answer: (answer: Answer): void => {
      state.answer = answer;
    },
    /** How often it was asked, whatever it answered. */
    requests: () => state.requests,
    /** How many connections were opened to it. */
    connections: () => state.connections,
    /** Mails to one address, oldest first. */
    mailsTo: (address: string) => mails.filter(({ to }) => to === address),
  };
}

/** What the AWS SDK wants to know before it sends anything. */
export const awsEnvironment = {
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
};
