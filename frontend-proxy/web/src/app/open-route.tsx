import { getRouteApi } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { apiURL } from "@/shared/api/client";
import { openedFile } from "@/shared/files";
import { currentLanguage } from "@/shared/i18n/i18n";
import { Message, NotFoundPage } from "./message-pages";

const route = getRouteApi("/signed-in/open/$");

/** Goes on to a file of the API, for somebody who is signed in. */
export function OpenRoute() {
  const { _splat: rest = "" } = route.useParams();
  const path = openedFile(rest);
  return path === undefined ? <NotFoundPage /> : <Opening path={path} />;
}

/** Stands there until the browser shows the file, and stays where it downloads what it cannot show. */
function Opening({ path }: { path: string }) {
  const { t } = useTranslation();
  // The server writes the poster; the others have no language.
  const url = apiURL(path.endsWith("/poster") ? `${path}?lang=${currentLanguage()}` : path);
  useEffect(() => window.location.replace(url), [url]);
  return <Message title={t("opening.title")} text={t("opening.text")} />;
}
