// Runs under whatever Node starts the script, so it keeps to syntax that Node 20 reads.
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    [
      `PromptEnchanter's scripts run on Node.js 24, the version Lambda runs; this is ${process.version}.`,
      "`npm ci` installs Node 24 inside the project, but its install step was skipped (perhaps by --ignore-scripts).",
      "Run: npm rebuild node --ignore-scripts=false",
    ].join("\n"),
  );
  process.exit(1);
}
