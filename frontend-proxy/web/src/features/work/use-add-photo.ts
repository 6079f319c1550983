import { useEffect, useRef, useState } from "react";
import type { StepName } from "@/shared/api/types";
import { momentOfPhoto, prepareMoments } from "@/shared/photo-moment";
import type { PhotoProblem } from "@/shared/shrunk-photo";
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
    void prepareMoments();
    return () => {
      listening.current = false;
    };
  }, []);

  const tell = (reason: PhotoProblem) => {
    setProblem(reason);
    return listening.current;
  };

  const addOne = async (file: File, of: PhotoOf) => {
    // Shrinking forgets when it was taken.
    const moment = await momentOfPhoto(file);
    if (await outbox.addPhoto({ ...where, ...of, ...moment }, file, tell)) {
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
