import { chooseDatabase } from "../../tools/local/database.ts";
import { keepDatabase } from "./suite-database.ts";

/** One database server for all workers; its address reaches them through the environment. */
export default async (): Promise<void> => {
  const database = await chooseDatabase({ log: (line) => console.log(line) });
  console.log(`\nTests run on ${database.description}`);
  keepDatabase(database);
};
