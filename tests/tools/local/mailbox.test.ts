import { SES, SendEmailCommand } from "@aws-sdk/client-ses";
import { expect, it } from "@jest/globals";
import { startMailbox } from "../../../tools/local/mailbox.ts";

it("takes mail from the SES client, shows it, and is gone once stopped", async () => {
  const mailbox = await startMailbox();
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const ses = new SES({ endpoint: mailbox.url, region: "eu-central-1", credentials });
  await ses.send(
    new SendEmailCommand({
      Source: "from@example.com",
      Destination: { ToAddresses: ["to@example.com"] },
      Message: { Subject: { Data: "Hello" }, Body: { Text: { Data: "there" } } },
    }),
  );
  ses.destroy();
  expect(await (await fetch(`${mailbox.url}/store`)).json()).toMatchObject({
    emails: [{ subject: "Hello", destination: { to: ["to@example.com"] } }],
  });
  expect(new URL(mailbox.url).hostname).toBe("127.0.0.1");
  await mailbox.stop();
  await expect(fetch(mailbox.url)).rejects.toThrow();
});
