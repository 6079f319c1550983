/** The database of the queue. */
export const outboxName = "trottoir-outbox";
