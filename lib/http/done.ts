import * as z from "zod";

/** What the former API answers where there is nothing to say but that it is done. */
export const Done = z.object({
  success: z.literal(true),
  message: z.string(),
  data: z.null(),
});

export const done = (message: string): z.output<typeof Done> => ({
  success: true,
  message,
  data: null,
});
