import { useState } from "react";
import { apiURL } from "../api/client";
import type { Picture as PictureData } from "../api/types";
import classes from "./picture.module.css";

type PictureProps = { picture: Pick<PictureData, "urls">; alt: string };

/** A photo's small version in a square of fixed size; nothing jumps when it arrives. */
export function Picture({ picture, alt }: PictureProps) {
  const [failed, setFailed] = useState(false);
  const source = picture.urls["320"];
  return (
    <span className={classes.frame}>
      {source === undefined || failed ? (
        <span className={classes.missing} role="img" aria-label={alt} />
      ) : (
        <img
          src={apiURL(source)}
          alt={alt}
          loading="lazy"
          decoding="async"
          onError={() => setFailed(true)}
        />
      )}
    </span>
  );
}
