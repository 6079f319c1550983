/** Whose notifications this browser was given; they go on after they sign in anew, and only theirs. */
export const ownerKey = "trottoir.notified";

/** Set by a sign-in until this browser is told again: the session before took it along. */
export const anewKey = "trottoir.notified-anew";

/** Somebody has signed in here, by hand. */
export function noteSignIn(): void {
  if (localStorage.getItem(ownerKey) !== null) {
    localStorage.setItem(anewKey, "1");
  }
}
