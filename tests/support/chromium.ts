import { existsSync } from "node:fs";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser of this machine: `CHROMIUM`, or where packages put it; undefined if there is none. */
export const chromiumPath = (): string | undefined =>
  process.env.CHROMIUM ?? places.find((place) => existsSync(place));
