import "i18next";
import type nl from "./nl.json";
import type nlAudit from "./nl-audit.json";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof nl & typeof nlAudit };
  }
}
