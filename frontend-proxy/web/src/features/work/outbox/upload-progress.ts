const percents = new Map<string, number>();
const listeners = new Set<() => void>();

/** Tells how much of a photo the server has, from 0 to 1; undefined when it is over, one way or the other. */
export function tellProgress(id: string, part: number | undefined): void {
  if (part === undefined) {
    percents.delete(id);
  } else {
    percents.set(id, Math.floor(part * 100));
  }
  for (const listener of listeners) {
    listener();
  }
}

export function listenToProgress(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function percentOf(id: string): number | undefined {
  return percents.get(id);
}
