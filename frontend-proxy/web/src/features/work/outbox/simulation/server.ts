import type { StepName } from "@/shared/api/types";
import { stepNames } from "../../local-run";

const minute = 60_000;
const hour = 60 * minute;

/** Something that the server took, once for each request that changed anything. */
export type Effect = {
  id: string;
  kind: string;
  /** Tells what the worker did from all else that they did. */
  intention: string;
  /** Who was signed in. */
  account: number;
  claimed: string | undefined;
};

export type Refusal = { id: string; runId: number | undefined; reason: string };

type Moment = { id: string; claimed: string; occurred: number };

export type SimulatedRun = {
  id: number;
  worker: number;
  stops: readonly number[];
  status: "planned" | "started" | "completed" | "cancelled";
  plannedAt: number;
  start?: Moment;
  complete?: Moment;
  /** When the server heard that it is over. */
  over?: number;
  steps: Map<number, (Moment & { step: StepName })[]>;
  outcomes: Map<number, { id?: string; outcome: string; assumed: boolean; claimed?: string }>;
};

type Picture = { place: string; claimed: string };
type Remark = { runId: number; claimed: string; text: string; author: number; deleted: boolean };

export type SimulatedRequest = {
  method: string;
  path: string;
  fields: Record<string, string>;
  /** Of the session; undefined when nobody is signed in. */
  account: number | undefined;
};

class Refused extends Error {
  constructor(
    readonly code: string,
    readonly reason: string,
  ) {
    super(reason);
  }
}

const statusOf: Record<string, number> = {
  unauthenticated: 401,
  not_found: 404,
  already_exists: 409,
};

/** What the server does with what phones send, by the rules 2 to 4 of docs/domain.md, without a network in between. */
export class SimulatedServer {
  readonly runs = new Map<number, SimulatedRun>();
  readonly effects: Effect[] = [];
  readonly refusals: Refusal[] = [];
  /** Photos that make it fail whenever they come, by the time at which they were taken. */
  readonly deadly = new Set<string>();
  /** Photos that are none, by the time at which they were taken. */
  readonly broken = new Set<string>();
  private readonly pictures = new Map<string, Picture & { step?: string }>();
  private readonly remarks = new Map<string, Remark>();
  private readonly changes = new Map<string, string>();
  private readonly incidents = new Map<string, string>();

  constructor(
    private readonly now: () => number,
    /** Accounts that may report problems on the runs of others. */
    private readonly office: ReadonlySet<number>,
  ) {}

  plan(id: number, worker: number, stops: readonly number[]): void {
    const plannedAt = this.now() - 10 * hour;
    const run = {
      id,
      worker,
      stops,
      plannedAt,
      status: "planned",
      steps: new Map(),
      outcomes: new Map(),
    };
    this.runs.set(id, run as SimulatedRun);
  }

  /** The office cancels a run. */
  cancel(id: number): void {
    const run = this.runs.get(id);
    if (run?.status === "planned" || run?.status === "started") {
      run.status = "cancelled";
      run.over = this.now();
    }
  }

  /** Answers a request: its status and body. */
  handle(request: SimulatedRequest): { status: number; body: unknown } {
    try {
      return { status: 200, body: this.route(request) };
    } catch (error) {
      if (!(error instanceof Refused)) {
        throw error;
      }
      const { code, reason } = error;
      if (code === "internal") {
        return { status: 500, body: { code, message: "", details: {} } };
      }
      if (code !== "unauthenticated" && request.method !== "GET") {
        const run =
          /^\/runs\/(\d+)/.exec(request.path)?.[1] ?? request.fields.run ?? request.fields.run_id;
        const { id = request.path } = request.fields;
        this.refusals.push({ id, runId: run === undefined ? undefined : Number(run), reason });
      }
      return { status: statusOf[code] ?? 400, body: { code, message: "", details: { reason } } };
    }
  }

  private route(request: SimulatedRequest): unknown {
    const { method, path, fields, account } = request;
    if (account === undefined) {
      throw new Refused("unauthenticated", "");
    }
    const [, collection, first = "", second = "", building = "", third = "", step = ""] =
      path.split("/");
    const place = { account, fields, building: Number(building) };
    switch (`${method} ${collection}/${second}${third && `/${third}`}`) {
      case "GET me/":
        return { id: account };
      case "GET runs/":
        return this.answer(this.runOf(Number(first), account));
      case "POST runs/start":
        return this.start(this.runOf(Number(first), account), fields, account);
      case "POST runs/complete":
        return this.complete(this.runOf(Number(first), account), fields, account);
      case "PUT runs/visits/steps":
        return this.step(this.runOf(Number(first), account), step as StepName, place);
      case "PUT runs/visits/outcome":
        return this.outcome(this.runOf(Number(first), account), place);
      case "POST runs/remarks":
        return this.remark(this.runOf(Number(first), account), fields, account);
      case "PUT remarks/":
        return this.changeRemark(first, fields, account);
      case "DELETE remarks/":
        return this.deleteRemark(first, account);
      case "POST pictures/":
        return this.picture(this.runOf(Number(fields.run), account), fields, account);
      case "POST incidents/":
        return this.incident(fields, account);
      case "POST incident-pictures/":
        return this.incidentPicture(fields, account);
      default:
        throw new Error(`the simulated server has no ${method} ${path}`);
    }
  }

  private took(kind: string, intention: string, account: number, fields: Record<string, string>) {
    const { id = "", occurred_at: claimed = fields.taken_at } = fields;
    this.effects.push({ id, kind, intention, account, claimed });
  }

  private runOf(id: number, account: number): SimulatedRun {
    const run = this.runs.get(id);
    if (run?.worker !== account) {
      throw new Refused("not_found", "no_run");
    }
    return run;
  }

  private answer({ id, status }: SimulatedRun) {
    return { id, status, version: 1 };
  }

  private occurred(claimed: number, earliest: number): number {
    const now = this.now();
    return claimed > now + 2 * minute || claimed < earliest ? Math.max(now, earliest) : claimed;
  }

  private start(run: SimulatedRun, fields: Record<string, string>, account: number) {
    const { id = "", occurred_at: claimed = "" } = fields;
    if (run.start?.id === id) {
      this.sameOr(run.start.claimed === claimed);
      return this.answer(run);
    }
    if (run.start !== undefined) {
      throw new Refused("failed_precondition", "already_started");
    }
    if (run.status === "cancelled") {
      this.checkCancelled(run, Date.parse(claimed));
    }
    const occurred = this.occurred(Date.parse(claimed), run.plannedAt);
    if (this.now() - occurred > 36 * hour) {
      throw new Refused("failed_precondition", "too_late");
    }
    if (new Date(occurred).toDateString() !== new Date(run.plannedAt).toDateString()) {
      throw new Refused("failed_precondition", "not_today");
    }
    run.start = { id, claimed, occurred };
    if (run.status === "planned") {
      run.status = "started";
    }
    this.took("start", `start:${run.id}`, account, fields);
    return this.answer(run);
  }

  private complete(run: SimulatedRun, fields: Record<string, string>, account: number) {
    const { id = "", occurred_at: claimed = "" } = fields;
    if (run.complete?.id === id) {
      this.sameOr(run.complete.claimed === claimed);
      return this.answer(run);
    }
    if (run.status === "completed" || run.complete !== undefined) {
      return this.answer(run);
    }
    this.checkTakes(run, claimed);
    for (const stop of run.stops) {
      if (!run.outcomes.has(stop)) {
        run.outcomes.set(stop, { outcome: "skipped", assumed: true });
      }
    }
    run.complete = {
      id,
      claimed,
      occurred: this.occurred(Date.parse(claimed), run.start?.occurred ?? 0),
    };
    this.finish(run);
    this.took("complete", `complete:${run.id}`, account, fields);
    return this.answer(run);
  }

  private finish(run: SimulatedRun) {
    if (run.status === "started") {
      run.status = "completed";
      run.over = this.now();
    }
  }

  private sameOr(same: boolean): void {
    if (!same) {
      throw new Refused("already_exists", "id_reused");
    }
  }

  private checkCancelled(run: SimulatedRun, claimed: number): void {
    const end = (run.over ?? 0) + 2 * minute;
    if (this.now() > (run.over ?? 0) + 24 * hour) {
      throw new Refused("failed_precondition", "too_late");
    }
    if (claimed > end && claimed <= this.now() + 2 * minute) {
      throw new Refused("failed_precondition", "run_cancelled");
    }
  }

  private checkTakes(run: SimulatedRun, claimed: string): void {
    if (run.status === "cancelled") {
      this.checkCancelled(run, Date.parse(claimed));
    }
    if (run.status === "completed" && this.now() > (run.over ?? 0) + 24 * hour) {
      throw new Refused("failed_precondition", "too_late");
    }
    if (run.start === undefined) {
      throw new Refused("failed_precondition", "not_started");
    }
  }

  private step(
    run: SimulatedRun,
    step: StepName,
    {
      account,
      fields,
      building,
    }: { account: number; fields: Record<string, string>; building: number },
  ) {
    const { id = "", occurred_at: claimed = "" } = fields;
    const before = run.steps.get(building) ?? [];
    const known = before.find((other) => other.id === id);
    if (known !== undefined) {
      this.sameOr(known.step === step && known.claimed === claimed);
      return {};
    }
    this.checkTakes(run, claimed);
    if (before.some((other) => other.step === step)) {
      throw new Refused("already_exists", "step_exists");
    }
    if (stepNames.indexOf(step) !== before.length) {
      throw new Refused("failed_precondition", "wrong_order");
    }
    const place = `${run.id}:${building}:${step}`;
    if (![...this.pictures.values()].some((picture) => picture.place === place)) {
      throw new Refused("failed_precondition", "photo_missing");
    }
    const earliest = Math.max(run.start?.occurred ?? 0, before.at(-1)?.occurred ?? 0);
    const occurred = this.occurred(Date.parse(claimed), earliest);
    run.steps.set(building, [...before, { id, step, claimed, occurred }]);
    this.took("step", `step:${place}`, account, fields);
    if (step === "departure" && (run.outcomes.get(building)?.assumed ?? true)) {
      this.settle(run, building, { outcome: "done", assumed: false });
    }
    return {};
  }

  private settle(
    run: SimulatedRun,
    building: number,
    outcome: { id?: string; outcome: string; assumed: boolean; claimed?: string },
  ): void {
    run.outcomes.set(building, outcome);
    if (run.stops.every((stop) => run.outcomes.has(stop))) {
      this.finish(run);
    }
  }

  private outcome(
    run: SimulatedRun,
    {
      account,
      fields,
      building,
    }: { account: number; fields: Record<string, string>; building: number },
  ) {
    const { id = "", outcome = "", occurred_at: claimed = "" } = fields;
    const known = run.outcomes.get(building);
    if (known?.id === id) {
      this.sameOr(known.outcome === outcome && known.claimed === claimed);
      return {};
    }
    this.checkTakes(run, claimed);
    if (known !== undefined && !known.assumed) {
      throw new Refused("already_exists", "outcome_exists");
    }
    this.settle(run, building, { id, outcome, assumed: false, claimed });
    this.took("outcome", `outcome:${run.id}:${building}`, account, fields);
    return {};
  }

  private picture(run: SimulatedRun, fields: Record<string, string>, account: number) {
    const { id = "", building = "", step, remark, taken_at: claimed = "" } = fields;
    const place = remark === undefined ? `${run.id}:${building}:${step}` : `remark:${remark}`;
    const known = this.pictures.get(id);
    if (known !== undefined) {
      this.sameOr(known.place === place && known.claimed === claimed);
      return {};
    }
    this.checkTakes(run, claimed);
    if (remark !== undefined && !this.remarks.has(remark)) {
      throw new Refused("not_found", "no_remark");
    }
    this.checkFile(claimed);
    this.pictures.set(id, { place, claimed });
    this.took("picture", `picture:${place}:${claimed}`, account, fields);
    return {};
  }

  private checkFile(takenAt: string): void {
    if (this.deadly.has(takenAt)) {
      throw new Refused("internal", "");
    }
    if (this.broken.has(takenAt)) {
      throw new Refused("invalid_argument", "broken_file");
    }
  }

  private remark(run: SimulatedRun, fields: Record<string, string>, account: number) {
    const { id = "", text = "", occurred_at: claimed = "" } = fields;
    const known = this.remarks.get(id);
    if (known !== undefined) {
      this.sameOr(known.runId === run.id && known.claimed === claimed);
      return {};
    }
    this.checkTakes(run, claimed);
    this.remarks.set(id, { runId: run.id, claimed, text, author: account, deleted: false });
    this.took("remark", `remark:${text}`, account, fields);
    return {};
  }

  private ownRemark(id: string, account: number): Remark {
    const remark = this.remarks.get(id);
    const run = this.runs.get(remark?.runId ?? 0);
    if (remark === undefined || run?.worker !== account) {
      throw new Refused("not_found", "no_remark");
    }
    return remark;
  }

  private checkNotLate({ runId }: Remark): void {
    const over = this.runs.get(runId)?.over;
    if (over !== undefined && this.now() > over + 24 * hour) {
      throw new Refused("failed_precondition", "too_late");
    }
  }

  private changeRemark(remarkId: string, fields: Record<string, string>, account: number) {
    const remark = this.ownRemark(remarkId, account);
    const { id = "", text = "" } = fields;
    if (this.changes.has(id)) {
      this.sameOr(this.changes.get(id) === text);
      return {};
    }
    if (remark.deleted) {
      throw new Refused("not_found", "no_remark");
    }
    this.checkNotLate(remark);
    remark.text = text;
    this.changes.set(id, text);
    this.took("remark_change", `remark_change:${text}`, account, fields);
    return {};
  }

  private deleteRemark(remarkId: string, account: number) {
    const remark = this.ownRemark(remarkId, account);
    if (!remark.deleted) {
      this.checkNotLate(remark);
      remark.deleted = true;
      this.took("remark_deletion", `remark_deletion:${remarkId}`, account, {});
    }
    return {};
  }

  private incident(fields: Record<string, string>, account: number) {
    const { id = "", text = "", run_id: run = "", reporter_id: reporter = "" } = fields;
    if (Number(reporter) !== account) {
      throw new Refused("unauthenticated", "");
    }
    const known = this.incidents.get(id);
    if (known !== undefined) {
      this.sameOr(known === `${account}:${text}`);
      return {};
    }
    if (!this.office.has(account)) {
      this.runOf(Number(run), account);
    }
    this.incidents.set(id, `${account}:${text}`);
    this.took("incident", `incident:${text}`, account, fields);
    return {};
  }

  private incidentPicture(fields: Record<string, string>, account: number) {
    const { id = "", incident = "", reporter_id: reporter = "" } = fields;
    if (reporter !== String(account)) {
      throw new Refused("unauthenticated", "signed_out");
    }
    const known = this.incidents.get(incident);
    if (known === undefined || !(this.office.has(account) || known.startsWith(`${account}:`))) {
      throw new Refused("not_found", "no_incident");
    }
    if (!this.pictures.has(id)) {
      this.pictures.set(id, { place: `incident:${incident}`, claimed: "" });
      this.took("picture", `incident_picture:${id}`, account, fields);
    }
    return {};
  }

  /** The text of a remark as the office reads it; undefined when there is none. */
  remarkText(id: string): string | undefined {
    const remark = this.remarks.get(id);
    return remark === undefined || remark.deleted ? undefined : remark.text;
  }
}
