import type { components } from "./schema";

type Schemas = components["schemas"];

export type Role = "admin" | "superstudent" | "student" | "syndic" | "none";
export type RunStatus = "planned" | "started" | "completed" | "cancelled";
export type StepName = "arrival" | "inside" | "departure";
export type Outcome = "done" | "skipped" | "failed";
export type Segment = "open" | "arrived" | "inside" | "departed" | Outcome;

// The document describes these words in prose and types them as strings; here they get their names.
type Words = {
  role: Role;
  status: RunStatus;
  step: StepName;
  outcome: Outcome;
  outcome_before: Outcome;
  outcome_after: Outcome;
  segments: Segment[];
};

/** The words that the document itself lists stay: a mail has another status than a run. */
type Word<Given, Name> =
  string extends NonNullable<Given>
    ? Name | Extract<Given, null>
    : Given extends readonly unknown[]
      ? Name
      : Given;

/** A type of the document with the closed sets of words as such, at any depth. Lists hold no nulls. */
export type Named<T> = T extends readonly (infer Item)[]
  ? Named<NonNullable<Item>>[]
  : T extends object
    ? {
        [K in keyof T]: K extends keyof Words ? Word<T[K], Words[K]> : Named<T[K]>;
      }
    : T;

export type StopChange = Named<Schemas["core.StopChange"]>;
export type StopsChange = Named<Schemas["core.StopsChange"]>;
export type Correction = Named<Schemas["core.Correction"]>;
export type TourVersion = Named<Schemas["core.TourVersion"]>;
export type Account = Named<Schemas["auth.Account"]>;
export type AccountSession = Named<Schemas["auth.Session"]>;
export type Token = Named<Schemas["auth.Token"]>;
export type Swap = Named<Schemas["core.Swap"]>;
export type CalendarLink = Named<Schemas["core.Calendar"]>;
export type User = Named<Schemas["auth.User"]>;
export type Person = Named<Schemas["auth.Person"]>;
export type Invitation = Named<Schemas["auth.Invitation"]>;
export type Address = Schemas["core.Address"];
export type Building = Schemas["core.Building"];
export type Absence = Named<Schemas["core.Absence"]>;
export type AbsenceDetail = Named<Schemas["core.AbsenceDetail"]>;
export type Need = Named<Schemas["core.Need"]>;
export type NeedList = Named<Schemas["core.NeedList"]>;
export type FillPreview = Named<Schemas["core.FillPreview"]>;
export type FillWorker = Named<Schemas["core.FillWorker"]>;
export type FillObstacle = Named<Schemas["core.FillObstacle"]>;
export type ReplacePreview = Named<Schemas["core.ReplacePreview"]>;
export type Conflict = Named<Schemas["core.Conflict"]>;
export type Availability = Named<Schemas["core.Availability"]>;
export type Comment = Named<Schemas["core.Comment"]>;
export type PlannedVisit = Named<Schemas["core.PlannedVisit"]>;
export type WasteKind = Schemas["core.WasteKind"];
export type Collection = Named<Schemas["core.Collection"]>;
export type CollectionCalendar = Named<Schemas["core.CollectionCalendar"]>;
export type WeekPlan = Named<Schemas["core.WeekPlan"]>;
export type PlanningWorker = Named<Schemas["core.PlanningWorker"]>;
export type PlanningTour = Named<Schemas["core.PlanningTour"]>;
export type PlanningRun = Named<Schemas["core.PlanningRun"]>;
export type CalendarBuilding = Schemas["core.CalendarBuilding"];
export type CalendarCollection = Named<Schemas["core.CalendarCollection"]>;
export type CollectionRule = Named<Schemas["core.CollectionRule"]>;
export type CollectionRuleParams = Named<Schemas["core.CollectionRuleParams"]>;
export type CollectionRulePreview = Named<Schemas["core.CollectionRulePreview"]>;
export type CollectionRuleResult = Named<Schemas["core.CollectionRuleResult"]>;
export type RuleDate = Schemas["core.RuleDate"];
export type RuleException = Schemas["core.RuleException"];
export type Generation = Named<Schemas["core.Generation"]>;
export type RuleGeneration = Named<Schemas["core.RuleGeneration"]>;
export type AuditEntry = Named<Schemas["audit.Entry"]>;
export type Manual = Named<Schemas["core.Manual"]>;
export type Region = Schemas["core.Region"];
export type Tour = Schemas["core.Tour"];
export type TourDetail = Named<Schemas["core.TourDetail"]>;
export type Run = Named<Schemas["core.Run"]>;
export type RunDetail = Named<Schemas["core.RunDetail"]>;
export type Progress = Named<Schemas["core.Progress"]>;
export type Stop = Named<Schemas["core.RunStop"]>;
export type Visit = Named<Schemas["core.Visit"]>;
export type Picture = Named<Schemas["core.Picture"]>;
export type Remark = Named<Schemas["core.Remark"]>;
export type Dashboard = Named<Schemas["core.Dashboard"]>;
export type DashboardRun = Named<Schemas["core.DashboardRun"]>;
export type DayStops = Schemas["core.DayStops"];
export type DayFeed = Named<Schemas["core.DayFeed"]>;
export type DayNews = Named<Schemas["core.DayNews"]>;
export type DaySummary = Named<Schemas["core.DaySummary"]>;
export type DayBuilding = Schemas["core.DayBuilding"];
export type AuditActor = Schemas["audit.Actor"];
export type AuditThing = Schemas["audit.Thing"];
export type AuditName = Schemas["audit.Name"];
export type MailMessage = Named<Schemas["mail.Message"]>;
export type MailMessageDetail = Named<Schemas["mail.MessageDetail"]>;
export type MailTry = Named<Schemas["mail.Try"]>;
export type MailStatus = Named<Schemas["mail.StatusResponse"]>;
export type MailTemplate = Named<Schemas["mail.Template"]>;
export type MailReceivers = Named<Schemas["mail.ReceiversResponse"]>;
export type MailReceiver = Named<Schemas["mail.Receiver"]>;
export type MailSkipped = Named<Schemas["mail.Skipped"]>;
export type MailSent = Named<Schemas["mail.SendResponse"]>;
export type MailPreviewed = Named<Schemas["mail.PreviewResponse"]>;
export type Incident = Named<Schemas["core.Incident"]>;
export type IncidentDetail = Named<Schemas["core.IncidentDetail"]>;
export type IncidentEntry = Named<Schemas["core.IncidentEntry"]>;
export type PictureUpload = Named<Schemas["core.PictureUpload"]>;
export type PictureUse = NonNullable<Picture["first_use"]>;
export type IncidentPicture = Named<Schemas["core.IncidentPicture"]>;
export type IncidentCounts = Schemas["core.IncidentCounts"];
export type BuildingVisit = Named<Schemas["core.BuildingVisit"]>;
export type NotificationDevice = Named<Schemas["mail.NotificationDevice"]>;
export type Hours = Named<Schemas["core.Hours"]>;
export type WorkedRun = Named<Schemas["core.WorkedRun"]>;
export type MailPreference = Named<Schemas["mail.PreferenceChoices"]>;
