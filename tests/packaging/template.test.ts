import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Failure, type FailureCode, failures } from "../../lib/errors.ts";
import { problem } from "../../lib/http/problem.ts";
import { readService } from "../../tools/local/gateway/service.ts";
import { document } from "../openapi/reply-schemas.ts";
import { routes, streamingRoutes } from "../support/routes.ts";

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
}

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}

/** Functions whose routes stream: API Gateway gives them 15 minutes. */
const streaming = ["ChatDashcompletionsLambdaFunction", "BatchDashprocessLambdaFunction"];

let folder: string;
let resources: Record<string, Resource>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "package-"));
  await promisify(execFile)(process.execPath, [
    "node_modules/serverless/bin/serverless.js",
    "package",
    // The bundles make no difference to the template, and take a minute.
    "--param=bundles=off",
    "--package",
    folder,
  ]);
  const text = await readFile(join(folder, "cloudformation-template-update-stack.json"), "utf8");
  resources = JSON.parse(text).Resources;
}, 400_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const ofType = (type: string): [string, Record<string, unknown>][] =>
  Object.entries(resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([name, resource]) => [name, resource.Properties]);

interface Method {
  HttpMethod: string;
  ResourceId: { Ref?: string };
  Integration: { Type: string; Credentials: unknown; Uri: { "Fn::Join": [string, unknown[]] } };
}

/** Methods by path, from the tree of API Gateway's path resources. */
function methodsByPath(): Map<string, Method[]> {
  const parts = new Map(
    ofType("AWS::ApiGateway::Resource").map(([name, { PathPart, ParentId }]) => [
      name,
      { part: PathPart as string, parent: (ParentId as { Ref?: string }).Ref },
    ]),
  );
  const pathOf = (name: string | undefined): string => {
    const found = name === undefined ? undefined : parts.get(name);
    return found ? `${pathOf(found.parent)}/${found.part}` : "";
  };
  const methods = new Map<string, Method[]>();
  for (const [, properties] of ofType("AWS::ApiGateway::Method")) {
    const method = properties as unknown as Method;
    const path = pathOf(method.ResourceId.Ref) || "/";
    methods.set(path, [...(methods.get(path) ?? []), method]);
  }
  return methods;
}

/** File and export of the function that a method calls. */
function handlerOf({ Integration }: Method): unknown {
  const [name] = Integration.Uri["Fn::Join"][1].flatMap((part) => {
    const [called, attribute] = (part as { "Fn::GetAtt"?: string[] })["Fn::GetAtt"] ?? [];
    return called !== undefined && attribute === "Arn" ? [called] : [];
  });
  return name === undefined ? undefined : resources[name]?.Properties.Handler;
}

describe("the packaged template", () => {
  it("stays below 450 resources, where CloudFormation ends at 500", () => {
    expect(Object.keys(resources).length).toBeLessThan(450);
  });

  it("spends on a function no version, log group or permission of its own, so that 100 fit", () => {
    const permissions = ofType("AWS::Lambda::Permission").length;
    expect(permissions).toBe(ofType("AWS::Events::Rule").length);
    expect(ofType("AWS::Logs::LogGroup")).toHaveLength(1);
    expect(ofType("AWS::Lambda::Version")).toEqual([]);
  });

  it("has a REGIONAL endpoint", () => {
    const [[, api] = []] = ofType("AWS::ApiGateway::RestApi");
    expect(api?.EndpointConfiguration).toEqual({ Types: ["REGIONAL"] });
  });

  it("runs each function on Node 24 and arm64, below API Gateway's 29 s unless it streams or is a job, under a declared role, with the shared log", () => {
    for (const [name, properties] of ofType("AWS::Lambda::Function")) {
      const role = (properties.Role as { "Fn::GetAtt": [string, string] })["Fn::GetAtt"][0];
      expect([name, resources[role]?.Type]).toEqual([name, "AWS::IAM::Role"]);
      expect(properties).toMatchObject({
        Runtime: "nodejs24.x",
        Architectures: ["arm64"],
        LoggingConfig: { LogFormat: "JSON", LogGroup: "/promptenchanter/dev" },
      });
      const mayTakeLong = streaming.includes(name) || name.startsWith("JobsDash");
      expect([name, Number(properties.Timeout) <= (mayTakeLong ? 900 : 28)]).toEqual([name, true]);
    }
  });

  it("allows no role a whole service, nor all there is of something", () => {
    for (const [name, { Policies }] of ofType("AWS::IAM::Role")) {
      const statements = (Policies as { PolicyDocument: { Statement: Statement[] } }[]).flatMap(
        (policy) => policy.PolicyDocument.Statement,
      );
      for (const { Action, Resource } of statements) {
        for (const action of [Action].flat())
          expect([name, action]).toEqual([name, expect.not.stringContaining("*")]);
        for (const resource of [Resource].flat()) expect([name, resource]).not.toEqual([name, "*"]);
      }
    }
  });

  it("lets API Gateway call the functions by its own role, with limits for all clients together", () => {
    for (const [name, { Integration }] of ofType("AWS::ApiGateway::Method")) {
      expect([name, Integration]).toMatchObject([
        name,
        { Type: "AWS_PROXY", Credentials: { "Fn::GetAtt": ["GatewayRole", "Arn"] } },
      ]);
    }
    const [[, deployment] = []] = ofType("AWS::ApiGateway::Deployment");
    expect(deployment?.StageDescription).toMatchObject({
      ThrottlingRateLimit: 100,
      ThrottlingBurstLimit: 200,
    });
  });

  it("keeps the failures of each job in a queue", () => {
    const jobs = ofType("AWS::Lambda::Function").filter(([name]) => name.startsWith("JobsDash"));
    expect(jobs.length).toBeGreaterThan(0);
    for (const [name, { DeadLetterConfig }] of jobs) {
      expect([name, DeadLetterConfig]).toEqual([
        name,
        { TargetArn: { "Fn::GetAtt": ["FailedJobs", "Arn"] } },
      ]);
    }
  });

  it("answers preflights on each path: API Gateway falls back to no other path for a missing method", () => {
    for (const [path, methods] of methodsByPath()) {
      const answered = methods.filter(({ HttpMethod }) => /^(OPTIONS|ANY)$/.test(HttpMethod));
      expect([path, answered.length]).toEqual([path, 1]);
    }
  });

  it("has every operation of docs/openapi.json, and lets its own function answer it", () => {
    const declared = [...routes(), ...streamingRoutes()];
    const methods = methodsByPath();
    const operations = Object.entries(document.paths).flatMap(([path, operation]) =>
      Object.keys(operation).map((method) => [method.toUpperCase(), path] as const),
    );
    expect(operations.length).toBe(declared.length);
    for (const [verb, path] of operations) {
      const method = methods.get(path)?.find(({ HttpMethod }) => HttpMethod === verb);
      const route = declared.find((one) => one.method === verb && one.path === path);
      const handler = method && handlerOf(method);
      expect([verb, path, handler]).toEqual([verb, path, `functions/${route?.handler}.handler`]);
      const streams = streamingRoutes().some((one) => one.method === verb && one.path === path);
      const mode = streams ? { ResponseTransferMode: "STREAM" } : {};
      expect([verb, path, method?.Integration]).toMatchObject([verb, path, mode]);
    }
  });

  it("gives each function the role that its functions.yml names", async () => {
    const { functions, provider } = await readService(process.cwd());
    const named = Object.values(functions).map((definition) => {
      const { handler, role } = definition as { handler: string; role?: string };
      return [handler, role ?? (provider as { role?: string }).role];
    });
    const given = ofType("AWS::Lambda::Function").map(([, { Handler, Role }]) => [
      Handler,
      (Role as { "Fn::GetAtt": [string, string] })["Fn::GetAtt"][0],
    ]);
    expect(given.sort()).toEqual(named.sort());
  });

  it("has an alarm for what waits in the queue of failed jobs", () => {
    const alarms = ofType("AWS::CloudWatch::Alarm").map(([, properties]) => properties);
    const [alarm] = alarms.filter(({ Namespace }) => Namespace === "AWS/SQS");
    expect(alarm?.Dimensions).toEqual([
      { Name: "QueueName", Value: { "Fn::GetAtt": ["FailedJobs", "QueueName"] } },
    ]);
  });

  it.each<[string, FailureCode]>([
    ["MISSING_AUTHENTICATION_TOKEN", "NOT_FOUND"],
    ["REQUEST_TOO_LARGE", "BODY_TOO_LARGE"],
  ])("answers what API Gateway refuses as %s as our own %s", (type, code) => {
    const [, response] =
      ofType("AWS::ApiGateway::GatewayResponse").find(
        ([, { ResponseType }]) => ResponseType === type,
      ) ?? [];
    expect(response).toMatchObject({
      StatusCode: String(failures[code].status),
      ResponseParameters: {
        "gatewayresponse.header.Content-Type": "'application/problem+json'",
      },
    });
    const templates = response?.ResponseTemplates as Record<string, string> | undefined;
    const context = { requestId: "$context.requestId", errorsUrl: "/docs/errors" };
    expect(JSON.parse(templates?.["application/json"] ?? "")).toEqual(
      JSON.parse(problem(new Failure(code), context).body),
    );
  });
});
