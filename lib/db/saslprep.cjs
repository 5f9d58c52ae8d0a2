/**
 * In place of `@mongodb-js/saslprep` in bundles, whose tables of Unicode take a tenth of the time
 * that the driver takes to load. They are read at the first password that needs them: one of
 * printable ASCII alone is its own SASLprep (RFC 4013, section 2).
 */
exports.saslprep = (text, options) =>
  /^[\x20-\x7e]*$/.test(text)
    ? text
    : require("../../node_modules/@mongodb-js/saslprep/dist/node.js").saslprep(text, options);
