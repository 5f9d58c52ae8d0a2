const { mkdtempSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

/** An archive without a file: nothing but the record of its end. */
const emptyZip = Buffer.concat([Buffer.from("PK\x05\x06"), Buffer.alloc(18)]);

/** In place of the bundler, where only the template is wanted: every function's code is one empty archive. */
module.exports = class Unbundled {
  constructor(serverless) {
    const artifact = join(mkdtempSync(join(tmpdir(), "unbundled-")), "empty.zip");
    writeFileSync(artifact, emptyZip);
    this.hooks = {
      "before:package:createDeploymentArtifacts": () => {
        for (const one of Object.values(serverless.service.functions)) one.package = { artifact };
      },
    };
  }
};
