// Says how many milliseconds a bundle takes to load in a new process, as a cold start does.
const start = performance.now();
require(process.argv[2]);
process.stdout.write(String(performance.now() - start), () => process.exit(0));
