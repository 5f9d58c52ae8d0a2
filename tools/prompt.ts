import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

interface Terminal {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
}

/** Asks questions on a terminal, one after the other. */
export function prompter({ input, output }: Terminal) {
  let silent = false;
  const screen = new Writable({
    write: (chunk, _encoding, done) => {
      if (!silent) output.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input, output: screen, terminal: true });
  // Ctrl-C and the end of the input end the questions.
  const ended = new Promise<never>((_, reject) => {
    lines.once("close", () => reject(new Error("nothing was made")));
  });
  ended.catch(() => "also heard by whoever waits for an answer");
  const ask = (question: string): Promise<string> =>
    Promise.race([lines.question(question), ended]);
  return {
    ask,
    /** Does not show what is typed. */
    askSecret: async (question: string): Promise<string> => {
      const answer = ask(question);
      silent = true;
      try {
        return await answer;
      } finally {
        silent = false;
        output.write("\n");
      }
    },
    close: () => lines.close(),
  };
}
