import "i18next";
import type account from "./nl/account.json";
import type audit from "./nl/audit.json";
import type availability from "./nl/availability.json";
import type buildings from "./nl/buildings.json";
import type calendars from "./nl/calendars.json";
import type collections from "./nl/collections.json";
import type day from "./nl/day.json";
import type grid from "./nl/grid.json";
import type hours from "./nl/hours.json";
import type incidents from "./nl/incidents.json";
import type mail from "./nl/mail.json";
import type map from "./nl/map.json";
import type notifications from "./nl/notifications.json";
import type office from "./nl/office.json";
import type planning from "./nl/planning.json";
import type rules from "./nl/rules.json";
import type runs from "./nl/runs.json";
import type shell from "./nl/shell.json";
import type start from "./nl/start.json";
import type swaps from "./nl/swaps.json";
import type waste from "./nl/waste.json";
import type work from "./nl/work.json";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: {
      translation: typeof account &
        typeof audit &
        typeof availability &
        typeof buildings &
        typeof calendars &
        typeof collections &
        typeof day &
        typeof grid &
        typeof hours &
        typeof incidents &
        typeof mail &
        typeof map &
        typeof notifications &
        typeof office &
        typeof planning &
        typeof rules &
        typeof runs &
        typeof shell &
        typeof start &
        typeof swaps &
        typeof waste &
        typeof work;
    };
  }
}
