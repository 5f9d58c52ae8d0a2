import httpCors from "@middy/http-cors";
import httpSecurityHeaders from "@middy/http-security-headers";

/** Headers of ours that scripts in browsers may read. */
const exposed = [
  "X-Request-Id",
  "ETag",
  "Retry-After",
  "retry-after-ms",
  "x-should-retry",
  "RateLimit",
  "RateLimit-Policy",
  "x-ratelimit-limit-requests",
  "x-ratelimit-remaining-requests",
  "x-ratelimit-reset-requests",
  "X-Credits-Remaining",
  "Idempotency-Replayed",
  "Server-Timing",
];

/** Sent by OpenAI's SDK with each request, also from browsers. */
const sdkHeaders = [
  "arch",
  "helper-method",
  "lang",
  "os",
  "package-version",
  "retry-count",
  "runtime",
  "runtime-version",
  "timeout",
].map((name) => `X-Stainless-${name}`);

/** CORS for the origins given (`*` for any); without one no browser may call from elsewhere. Tokens travel in a header, so cookies are never allowed. */
export const cors = (origins: readonly string[]) =>
  httpCors({
    origins: [...origins],
    exposeHeaders: exposed.join(", "),
    headers: [
      "Authorization",
      "Content-Type",
      "Idempotency-Key",
      "If-Match",
      "X-Request-Id",
      ...sdkHeaders,
    ].join(", "),
    methods: "GET, POST, PUT, DELETE, OPTIONS",
    maxAge: 86_400,
  });

/** The headers OWASP's REST Security cheat sheet asks of an API; what only concerns pages is left out. */
export const securityHeaders = () =>
  httpSecurityHeaders({
    contentSecurityPolicy: { "default-src": "'none'", "frame-ancestors": "'none'" },
    crossOriginEmbedderPolicy: false,
    crossOriginOpenerPolicy: false,
    // Other origins read our answers where CORS allows it; this header would overrule that.
    crossOriginResourcePolicy: { policy: "cross-origin" },
    downloadOptions: false,
    originAgentCluster: false,
    permissionsPolicy: false,
    permittedCrossDomainPolicies: false,
    dnsPrefetchControl: false,
    xssProtection: false,
    reportTo: false,
    reportingEndpoints: false,
    strictTransportSecurity: { maxAge: 63_072_000, includeSubDomains: true, preload: false },
  });
