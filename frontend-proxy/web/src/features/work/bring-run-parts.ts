import { loadTexts } from "@/shared/i18n/i18n";
import { loadRunOverview } from "./load-run-overview";

/**
 * Brings what a run comes to need after its first screen, behind what is on screen: the network may be gone by then, and a
 * first visit has no service worker yet. What does not come is asked for again where it is shown.
 */
export function bringRunParts(): void {
  Promise.all([
    loadRunOverview(),
    loadTexts(["runs", "work", "buildings", "incidents", "swaps", "map"]),
    import("./my-runs-page"),
    import("./use-known-runs"),
    import("./undo-offer"),
    import("./stop-list-sheet"),
    import("./camera-sheet"),
    import("./skip-sheet"),
    import("./remark-sheet"),
    import("./incident-sheet"),
    import("./asked-swap"),
    import("./outbox/outbox-sheet"),
    import("@/shared/ui/confirm-dialog"),
    import("@/shared/ui/dialog-window"),
    import("@/shared/map/map-view"),
    import("@/shared/waste/waste-icon"),
  ]).catch(() => undefined);
}
