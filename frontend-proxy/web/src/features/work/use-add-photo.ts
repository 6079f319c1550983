import { useState } from "react";
import type { StepName } from "@/shared/api/types";
import { PhotoError, shrinkPhoto } from "@/shared/photo";
import { useOutbox } from "./outbox/outbox-context";

type Where = { runId: number; tour: string; buildingId: number; address: string };

// One photo at a time, whatever the stop: a full-size picture in memory is enough for a small phone.
let last: Promise<void> = Promise.resolve();

/** Shrinks photos and puts them in the outbox. */
export function useAddPhoto(where: Where) {
  const outbox = useOutbox();
  const [preparing, setPreparing] = useState(0);
  const [problem, setProblem] = useState<PhotoError["reason"]>();

  const addOne = async (file: File, step: StepName) => {
    const takenAt = new Date(Math.min(file.lastModified || Date.now(), Date.now())).toISOString();
    try {
      const photo = await shrinkPhoto(file);
      if (await outbox.add({ kind: "picture", ...where, step, takenAt, ...photo })) {
        void navigator.storage?.persist?.();
      }
    } catch (error) {
      if (!(error instanceof PhotoError)) {
        throw error;
      }
      setProblem(error.reason);
    } finally {
      setPreparing((count) => count - 1);
    }
  };

  return {
    preparing,
    problem,
    add: (files: File[], step: StepName) => {
      setProblem(undefined);
      setPreparing((count) => count + files.length);
      for (const file of files) {
        last = last.then(() => addOne(file, step)).catch(reportError);
      }
    },
  };
}
