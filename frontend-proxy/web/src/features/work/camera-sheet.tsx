import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { BottomSheet } from "@/shared/ui/bottom-sheet";
import classes from "./camera-sheet.module.css";

type CameraSheetProps = {
  title: string;
  onPhoto: (photo: File) => void;
  onClose: () => void;
};

/** The camera inside the app: as many photos as one wants, without leaving. */
export function CameraSheet({ title, onPhoto, onClose }: CameraSheetProps) {
  return (
    <BottomSheet opened title={title} onClose={onClose}>
      <Camera onPhoto={onPhoto} onClose={onClose} />
    </BottomSheet>
  );
}

// More than the 1600 px that are sent, so that little is lost when it is made smaller.
const wanted: MediaStreamConstraints = {
  audio: false,
  video: { facingMode: "environment", width: { ideal: 2560 }, height: { ideal: 1920 } },
};
const quality = 0.92;

function Camera({ onPhoto, onClose }: Omit<CameraSheetProps, "title">) {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<"starting" | "on" | "refused">("starting");
  const [taken, setTaken] = useState(0);

  useEffect(() => {
    let stream: MediaStream | undefined;
    let gone = false;
    const stop = () => {
      for (const track of stream?.getTracks() ?? []) {
        track.stop();
      }
    };
    navigator.mediaDevices.getUserMedia(wanted).then(
      (given) => {
        stream = given;
        if (gone || video.current === null) {
          stop();
          return;
        }
        video.current.srcObject = given;
      },
      // No camera, or the person does not want the app to use it.
      () => setState("refused"),
    );
    return () => {
      gone = true;
      stop();
    };
  }, []);

  const take = async () => {
    const photo = video.current === null ? undefined : await frame(video.current);
    if (photo !== undefined) {
      onPhoto(photo);
      setTaken((before) => before + 1);
    }
  };

  return (
    <div className={classes.camera}>
      {state === "refused" ? (
        <p className={classes.refused}>{t("camera.refused")}</p>
      ) : (
        <div className={classes.view}>
          <video
            ref={video}
            autoPlay
            playsInline
            muted
            aria-label={t("camera.view")}
            onPlaying={() => setState("on")}
          />
        </div>
      )}
      <p className={classes.taken} role="status">
        {taken > 0 && t("camera.taken", { count: taken })}
      </p>
      <div className={classes.actions}>
        {state !== "refused" && (
          <Button
            variant="signal"
            className={classes.take ?? ""}
            disabled={state !== "on"}
            onClick={() => void take().catch(reportError)}
          >
            {t("camera.take")}
          </Button>
        )}
        <Button className={classes.done ?? ""} onClick={onClose}>
          {t("camera.done")}
        </Button>
      </div>
    </div>
  );
}

/** What the camera sees now, as a photo that says when it was taken. */
async function frame(video: HTMLVideoElement): Promise<File | undefined> {
  const { videoWidth: width, videoHeight: height } = video;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  const lastModified = Date.now();
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, "image/jpeg", quality);
  });
  return blob === null
    ? undefined
    : new File([blob], `${lastModified}.jpg`, { type: "image/jpeg", lastModified });
}
