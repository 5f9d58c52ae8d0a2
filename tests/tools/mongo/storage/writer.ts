import fs from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { Int32 } from "bson";
import { openStore } from "../../../../tools/local/mongo/storage/store.ts";

/*
 * Writes statements to the journal of a folder until it is killed, and tells the number of each on
 * standard output once it is done. A statement replaces one document and inserts another.
 */

const [directory = "", first = "0"] = process.argv.slice(2);
const store = openStore({ directory, compactAbove: 1 << 18 });
const docs = store.collection("app.docs") ?? store.create("app.docs");
if (!docs.byId("latest")) docs.insert({ _id: "latest", n: new Int32(-1) });

for (let n = Number(first); ; n += 1) {
  store.batch(() => {
    docs.replace({ _id: "latest" }, { _id: "latest", n: new Int32(n), text: "x".repeat(5000) });
    docs.insert({ _id: new Int32(n) });
    if (docs.byId(new Int32(n - 100))) docs.remove({ _id: new Int32(n - 100) });
  });
  // Straight to the pipe: what the test reads was acknowledged before the kill.
  fs.writeSync(1, `${n}\n`);
  // Lets compaction take a step.
  await turn();
}
