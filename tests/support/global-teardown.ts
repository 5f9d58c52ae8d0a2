import { stopDatabase } from "./suite-database.ts";

export default async (): Promise<void> => stopDatabase();
