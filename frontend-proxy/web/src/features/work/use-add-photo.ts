import { useEffect, useRef, useState } from "react";
import type { StepName } from "@/shared/api/types";
import type { PhotoProblem } from "@/shared/photo";
import { useOutbox } from "./outbox/outbox-context";

/** What photos show. */
export type PhotoOf = { step: StepName } | { remarkId: string } | { incidentId: string };

type Where = { runId: number; tour: string; buildingId: number; address: string };

/** Puts photos in the outbox, which shrinks them. */
export function useAddPhoto(where: Where) {
  const outbox = useOutbox();
  const [problem, setProblem] = useState<PhotoProblem>();
  const listening = useRef(false);

  useEffect(() => {
    listening.current = true;
    return () => {
      listening.current = false;
    };
  }, []);

  const tell = (reason: PhotoProblem) => {
    setProblem(reason);
    return listening.current;
  };

  const addOne = async (file: File, of: PhotoOf) => {
    const takenAt = new Date(Math.min(file.lastModified || Date.now(), Date.now())).toISOString();
    if (await outbox.addPhoto({ ...where, ...of, takenAt }, file, tell)) {
      void navigator.storage?.persist?.();
    }
  };

  return {
    problem,
    add: (files: readonly File[], of: PhotoOf) => {
      setProblem(undefined);
      for (const file of files) {
        addOne(file, of).catch(reportError);
      }
    },
  };
}
