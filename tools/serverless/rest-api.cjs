/**
 * Two things of the REST API that serverless.yml has no words for.
 *
 * One role lets API Gateway call the service's functions, in place of a permission for each of them:
 * 500 resources are all that a template may have.
 *
 * The stage's limits, from `custom.restApi`: `rate` requests a second on average and `burst` at once,
 * for all clients together.
 */
class RestApi {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = { "after:package:compileEvents": () => this.complete() };
  }

  complete() {
    const { provider, custom } = this.serverless.service;
    const resources = provider.compiledCloudFormationTemplate.Resources;
    for (const [name, { Type, Properties }] of Object.entries(resources)) {
      if (
        Type === "AWS::Lambda::Permission" &&
        Properties.Principal === "apigateway.amazonaws.com"
      ) {
        delete resources[name];
      }
    }
    for (const resource of Object.values(resources)) {
      if (resource.Type === "AWS::ApiGateway::Method") {
        resource.Properties.Integration.Credentials = { "Fn::GetAtt": ["GatewayRole", "Arn"] };
        delete resource.DependsOn;
      }
      if (resource.Type === "AWS::ApiGateway::Deployment") {
        resource.Properties.StageDescription = {
          ThrottlingRateLimit: custom.restApi.rate,
          ThrottlingBurstLimit: custom.restApi.burst,
          MetricsEnabled: true,
        };
      }
    }
  }
}

module.exports = RestApi;
