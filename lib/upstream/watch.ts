/** Tells when a provider is silent for too long while somebody listens. */
export interface Watch {
  listen(): void;
  /** Whoever reads slowly is not to be taken for a silent provider. */
  pause(): void;
}

/** Calls `onSilence` once `listen` is not followed by `pause` or `listen` for some milliseconds. */
export function watchFor(milliseconds: number, onSilence: () => void): Watch {
  let timer: NodeJS.Timeout | undefined;
  const pause = (): void => clearTimeout(timer);
  return {
    pause,
    listen: () => {
      pause();
      timer = setTimeout(onSilence, milliseconds);
    },
  };
}
