import type { APIGatewayProxyEvent } from "aws-lambda";
import type { GuardDeclaration } from "../declaration.ts";
import type { HttpContext, RequestFacts } from "../request.ts";

type Decide<Caller> = (
  request: RequestFacts,
  event: APIGatewayProxyEvent,
  context: HttpContext,
) => Promise<Caller> | Caller;

/** Decides who is calling, or throws. What it returns is what `run` knows of the caller. */
export type Guard<Caller> = Decide<Caller> & { readonly declares: GuardDeclaration };

/** A guard, with what it asks for and every code it may refuse with. */
export const guarding = <Caller extends object>(
  declares: GuardDeclaration,
  decide: Decide<Caller>,
): Guard<Caller> => Object.assign(decide, { declares });
