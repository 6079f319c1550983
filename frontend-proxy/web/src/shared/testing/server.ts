import { setupServer } from "msw/node";

/** The API in tests; each test says what it answers. */
export const server = setupServer();

/** An address of the API as the tests see it. */
export function at(path: string): string {
  return `http://trottoir.test${path}`;
}
