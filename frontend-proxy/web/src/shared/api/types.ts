import type { components } from "./schema";

type Schemas = components["schemas"];

export type Account = Schemas["Account"];
export type Role = Account["role"];
export type User = Schemas["User"];
export type Address = Schemas["Address"];
export type Building = Schemas["Building"];
export type Tour = Schemas["Tour"];
export type Run = Schemas["Run"];
export type RunDetail = Schemas["RunDetail"];
export type Progress = Schemas["Progress"];
export type Segment = Progress["segments"][number];
export type Stop = Schemas["Stop"];
export type Visit = Schemas["Visit"];
export type VisitStep = Schemas["VisitStep"];
export type StepName = VisitStep["step"];
export type Outcome = NonNullable<Visit["outcome"]>;
export type Picture = Schemas["Picture"];
export type Dashboard = Schemas["Dashboard"];
export type DashboardRun = Schemas["DashboardRun"];
