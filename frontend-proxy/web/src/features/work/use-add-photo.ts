import { useState } from "react";
import type { StepName } from "@/shared/api/types";
import { PhotoError, shrinkPhoto } from "@/shared/photo";
import { useOutbox } from "./outbox/outbox-context";

type Problem = "photo_unreadable" | "photo_too_big" | "storage_full";

/** Shrinks photos and puts them in the outbox. */
export function useAddPhoto(runId: number, buildingId: number) {
  const outbox = useOutbox();
  const [preparing, setPreparing] = useState(0);
  const [problem, setProblem] = useState<Problem>();

  const addOne = async (file: File, step: StepName) => {
    const takenAt = new Date(Math.min(file.lastModified || Date.now(), Date.now())).toISOString();
    setPreparing((count) => count + 1);
    try {
      const photo = await shrinkPhoto(file);
      await outbox.add({ kind: "picture", runId, buildingId, step, takenAt, ...photo });
      void navigator.storage?.persist?.();
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setPreparing((count) => count - 1);
    }
  };

  return {
    preparing,
    problem,
    add: (files: File[], step: StepName) => {
      setProblem(undefined);
      for (const file of files) {
        void addOne(file, step);
      }
    },
  };
}

function problemOf(error: unknown): Problem {
  if (error instanceof PhotoError) {
    return error.reason === "too_big" ? "photo_too_big" : "photo_unreadable";
  }
  if (error instanceof Error && /quota/i.test(`${error.name} ${error.message}`)) {
    return "storage_full";
  }
  throw error;
}
