/** What the template takes from the environment itself, where what is empty counts as not set. */
module.exports = () => ({
  /** Where the `type` of API Gateway's own answers leads. */
  errorsUrl: process.env.ERRORS_URL || "/docs/errors",
  /** The only address that functions may send mail from. */
  sender: process.env.MAIL_FROM || process.env.FROM_EMAIL || "nobody",
});
