/** Milliseconds that a device may take to say what it keeps. */
const patience = 5_000;

/** Tells whether this device has such a database; a device that does not say may have it. */
export async function mayExist(name: string): Promise<boolean> {
  let limit: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<undefined>((resolve) => {
    limit = setTimeout(() => resolve(undefined), patience);
  });
  try {
    const databases = await Promise.race([indexedDB.databases(), silence]);
    return databases?.some((database) => database.name === name) ?? true;
  } catch {
    return true;
  } finally {
    clearTimeout(limit);
  }
}
