import { loadTexts } from "@/shared/i18n/i18n";

/** Brings what shows a run before its start and after its end, with its texts. */
export async function loadRunOverview() {
  const [module] = await Promise.all([import("./run-overview"), loadTexts(["buildings", "runs"])]);
  return module.RunOverview;
}
