import { MongoServerError } from "mongodb";

/** The server's error for `work`, as a client sees it. */
export const errorOf = async (work: Promise<unknown>): Promise<MongoServerError> => {
  const error = await work.catch((thrown: unknown) => thrown);
  if (error instanceof MongoServerError) return error;
  throw new Error(`expected the server's refusal, got ${error}`);
};
