import { PassThrough } from "node:stream";
import { describe, expect, it } from "@jest/globals";
import { prompter } from "../../tools/prompt.ts";

/** A terminal, and what it shows. */
function terminal() {
  const input = new PassThrough();
  const output = new PassThrough();
  let shown = "";
  output.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
  });
  return { input, prompt: prompter({ input, output }), shown: () => shown };
}

const type = async (input: PassThrough, text: string): Promise<void> => {
  for (const key of text) {
    input.write(key);
    await new Promise(setImmediate);
  }
};

describe("a question on a terminal", () => {
  it("is shown with what is typed", async () => {
    const { input, prompt, shown } = terminal();
    const answer = prompt.ask("Username: ");
    await type(input, "grace\r");
    expect(await answer).toBe("grace");
    expect(shown()).toContain("Username: ");
    expect(shown()).toContain("grace");
    prompt.close();
  });

  it("for a secret never shows it, also where it is mended while it is typed", async () => {
    const { input, prompt, shown } = terminal();
    const answer = prompt.askSecret("Password: ");
    await type(input, "hunter3\u007f2\r");
    expect(await answer).toBe("hunter2");
    const next = prompt.ask("Name: ");
    await type(input, "Grace\r");
    expect(await next).toBe("Grace");
    expect(shown()).toContain("Password: ");
    expect(shown()).toContain("Grace");
    expect(shown()).not.toContain("hunter");
    prompt.close();
  });

  it("ends with an error when the input ends", async () => {
    const { input, prompt } = terminal();
    const answer = prompt.ask("Username: ");
    input.end();
    await expect(answer).rejects.toThrow("nothing was made");
  });
});
