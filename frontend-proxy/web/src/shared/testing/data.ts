import type {
  Account,
  AuditEntry,
  Building,
  Collection,
  CollectionRule,
  Comment,
  DashboardRun,
  Incident,
  IncidentDetail,
  Invitation,
  MailMessage,
  MailTemplate,
  MailTry,
  Manual,
  Person,
  Picture,
  Remark,
  Run,
  RunDetail,
  StepName,
  Stop,
  Swap,
  Tour,
  TourDetail,
  User,
  Visit,
  WasteKind,
} from "../api/types";
import { today } from "../dates";

// Factories with valid defaults; a test names only what it is about.

export function makeRun(changes: Partial<Run> = {}): Run {
  return {
    id: 12,
    tour: { id: 1, name: "Centrum-Noord" },
    region: { id: 1, name: "Gent Centrum" },
    worker: { id: 3, first_name: "Lotte", last_name: "De Smet", phone: "+32470123456" },
    date: today(),
    status: "started",
    planned_at: "2026-11-20T09:00:00Z",
    started_at: "2026-11-24T17:00:00Z",
    completed_at: null,
    cancel_reason: "",
    start_corrected: false,
    stops_differ: false,
    stops_changed: false,
    idle_stops: 0,
    progress: {
      stops: 2,
      done: 0,
      skipped: 0,
      failed: 0,
      percent: 0,
      segments: ["open", "open"],
    },
    agreed_minutes: 24,
    remarks: 0,
    version: 1,
    ...changes,
  };
}

export function makeDashboardRun(changes: Partial<DashboardRun> = {}): DashboardRun {
  return {
    ...makeRun(changes),
    last_picture: null,
    late_minutes: 0,
    late_reason: "none",
    late_since: null,
    ...changes,
  };
}

export function makeStop(position: number, changes: Partial<Stop> = {}): Stop {
  return {
    position,
    building: {
      id: position * 100,
      name: "",
      address: {
        street: position === 1 ? "Overpoortstraat" : "Veldstraat",
        house_number: String(position),
        bus: position === 1 ? "302" : "",
        postal_code: "9000",
        city: "Gent",
      },
      agreed_minutes: 12,
      coordinates: null,
      photo: null,
    },
    comments: [],
    manual: null,
    collections: [],
    visit: null,
    corrections: [],
    ...changes,
  };
}

export function makeRunDetail(changes: Partial<RunDetail> = {}): RunDetail {
  return { ...makeRun(changes), stops_change: null, stops: [makeStop(1), makeStop(2)], ...changes };
}

export function makePicture(id: string, step: StepName, changes: Partial<Picture> = {}): Picture {
  return {
    id,
    run_id: 12,
    building_id: 100,
    step,
    remark_id: null,
    taken_at: "2026-11-24T17:05:00Z",
    taken_from: "phone",
    claimed_at: "2026-11-24T17:05:00Z",
    corrected: false,
    duplicate_of: null,
    first_use: null,
    removed_at: null,
    width: 1600,
    height: 1200,
    urls: { "320": `/pictures/${id}/320`, "1600": `/pictures/${id}/1600` },
    ...changes,
  };
}

export function makeVisit(steps: readonly StepName[], changes: Partial<Visit> = {}): Visit {
  return {
    run_id: 12,
    building_id: 100,
    outcome: null,
    reason: "",
    steps: steps.map((step, index) => ({
      step,
      id: `step-${step}`,
      occurred_at: `2026-11-24T17:0${index}:00Z`,
      received_at: `2026-11-24T17:0${index}:01Z`,
      corrected: false,
    })),
    pictures: steps.map((step) => makePicture(`picture-${step}`, step)),
    remarks: [],
    ...changes,
  };
}

export function makeRemark(id: string, changes: Partial<Remark> = {}): Remark {
  return {
    id,
    run_id: 12,
    building_id: 100,
    text: "The gate sticks",
    occurred_at: "2026-11-24T17:06:00Z",
    received_at: "2026-11-24T17:06:01Z",
    corrected: false,
    edited_at: null,
    deleted_at: null,
    pictures: [],
    ...changes,
  };
}

export function makeTour(changes: Partial<Tour> = {}): Tour {
  return {
    id: 1,
    name: "Centrum-Noord",
    region: { id: 1, name: "Gent Centrum" },
    stop_count: 6,
    archived_stop_count: 0,
    hide_idle_stops: false,
    archived: false,
    version: 1,
    ...changes,
  };
}

export function makeBuilding(changes: Partial<Building> = {}): Building {
  return {
    id: 100,
    name: "Ter Duinen",
    address: {
      street: "Overpoortstraat",
      house_number: "47",
      bus: "",
      postal_code: "9000",
      city: "Gent",
    },
    region: { id: 1, name: "Gent Centrum" },
    syndics: [],
    tell_syndic: false,
    public_photos: false,
    customer_number: "",
    coordinates: null,
    photo: null,
    agreed_minutes: 12,
    public_id: "0b6f0f0e-94d8-4a55-9f9d-0f2a6a1d3c11",
    archived: false,
    version: 3,
    outlook: null,
    ...changes,
  };
}

export function makeComment(changes: Partial<Comment> = {}): Comment {
  return {
    id: 9,
    building_id: 100,
    text: "Code 4711\nBakken links",
    written_by: { id: 2, name: "Ruben Verhaeghe" },
    written_at: "2026-11-20T09:00:00Z",
    edited_by: null,
    edited_at: null,
    version: 1,
    ...changes,
  };
}

export function makeManual(version: number, changes: Partial<Manual> = {}): Manual {
  return {
    id: version,
    building_id: 100,
    version,
    status: "up_to_date",
    size: 2_345_678,
    uploaded_at: "2026-11-20T09:00:00Z",
    uploaded_by: { id: 2, name: "Ruben Verhaeghe" },
    url: `/manuals/${version}/file`,
    ...changes,
  };
}

export function makeWasteKind(changes: Partial<WasteKind> = {}): WasteKind {
  return {
    code: "PMD",
    name_nl: "PMD",
    name_en: "PMD (plastic, metal and drink cartons)",
    name_fr: "PMC",
    colour: "#1a82e8",
    icon: "recycle",
    archived: false,
    version: 1,
    ...changes,
  };
}

export function makeCollection(changes: Partial<Collection> = {}): Collection {
  const { id, name, address } = makeBuilding();
  return {
    id: 1,
    building: { id, name, address, region_id: 1 },
    type: "PMD",
    date: today(),
    note: "",
    put_out: true,
    bring_in: true,
    time_from: "",
    time_to: "",
    rule_id: null,
    rule_date: null,
    changed: false,
    version: 1,
    ...changes,
  };
}

export function makeCollectionRule(changes: Partial<CollectionRule> = {}): CollectionRule {
  return {
    id: 5,
    type: "PMD",
    rrule: "FREQ=WEEKLY;BYDAY=TU",
    start_date: "2026-11-24",
    season_from: "",
    season_to: "",
    on_holidays: "keep",
    held_from: "",
    held_until: "",
    building_ids: [],
    buildings: [],
    tour: null,
    region: { id: 1, name: "Gent Centrum" },
    note: "",
    put_out: true,
    bring_in: true,
    time_from: "",
    time_to: "",
    exceptions: [],
    next_date: "2026-12-01",
    archived: false,
    version: 1,
    ...changes,
  };
}

export function makeTourDetail(changes: Partial<TourDetail> = {}): TourDetail {
  return {
    ...makeTour(),
    version: 5,
    stops: [makeStop(1), makeStop(2)].map(({ position, building }) => ({ position, building })),
    rhythm: null,
    usual_walkers: [],
    ...changes,
  };
}

export function makeUser(changes: Partial<User> = {}): User {
  return {
    id: 3,
    email: "lotte@trottoir.example",
    first_name: "Lotte",
    last_name: "De Smet",
    phone: "",
    role: "student",
    region_ids: [1],
    active: true,
    second_factor: false,
    language: "nl",
    ...changes,
  };
}

export function makePerson(changes: Partial<Person> = {}): Person {
  return {
    ...makeUser(),
    language: "nl",
    anonymised_at: null,
    created_at: "2026-09-01T09:00:00Z",
    last_seen_at: "2026-11-24T17:00:00Z",
    may_change: true,
    version: 1,
    ...changes,
  };
}

export function makeAccount(changes: Partial<Account> = {}): Account {
  return {
    id: 2,
    email: "office@trottoir.example",
    first_name: "Ruben",
    last_name: "Verhaeghe",
    phone: "",
    role: "superstudent",
    language: "nl",
    region_ids: [1],
    second_factor: false,
    second_factor_required: false,
    new_email: "",
    ...changes,
  };
}

export function makeInvitation(changes: Partial<Invitation> = {}): Invitation {
  return {
    id: 7,
    email: "emma@trottoir.example",
    role: "student",
    region_ids: [1],
    invited_by: "Ruben Verhaeghe",
    created_at: "2026-11-24T09:00:00Z",
    expires_at: "2026-12-01T09:00:00Z",
    expired: false,
    accepted_at: null,
    ...changes,
  };
}

export function makeAuditEntry(changes: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id: 41,
    kind: "building.changed",
    actor: { user_id: 2, name: "Nora Claes", session_id: 20, address: "192.0.2.1" },
    thing: { kind: "building", id: "12", name: "Overpoortstraat 47" },
    before: { name: "Lys", region_id: 3, version: 1 },
    after: { name: "Leie", region_id: 3, version: 2 },
    occurred_at: "2026-11-24T09:00:00Z",
    ...changes,
  };
}

export function makeIncident(changes: Partial<Incident> = {}): Incident {
  return {
    id: 12,
    client_id: "6d4d0f0e-5a5a-4d1c-9a57-0c0a3f4f1a12",
    building: { id: 5, name: "Residentie Gravensteen", address: makeBuilding().address },
    region: { id: 1, name: "Gent-Centrum" },
    run_id: null,
    kind: "missed_collection",
    text: "PMD staat er nog.",
    status: "open",
    reported_through: "resident",
    reported_by: null,
    wants_answer: true,
    responsible: null,
    occurred_at: "2026-03-02T09:30:00Z",
    opened_at: "2026-03-02T09:30:00Z",
    acknowledged_at: null,
    resolved_at: null,
    answer: "",
    picture_count: 0,
    thumbnail: "",
    version: 1,
    ...changes,
  };
}

export function makeIncidentDetail(changes: Partial<IncidentDetail> = {}): IncidentDetail {
  return {
    incident: makeIncident(),
    run: null,
    reporter_email: "an@example.org",
    reporter_language: "nl",
    pictures: [],
    entries: [],
    ...changes,
  };
}

export function makeMailMessage(changes: Partial<MailMessage> = {}): MailMessage {
  return {
    id: 31,
    kind: "invitation",
    user_id: 0,
    name: "",
    address: "emma@trottoir.example",
    sending_id: 0,
    building_id: null,
    status: "sent",
    subject: "Je bent uitgenodigd bij Trottoir",
    tries: 1,
    next_try_at: null,
    sent_by: 0,
    resent_from: null,
    created_at: "2026-11-24T09:00:00Z",
    ended_at: "2026-11-24T09:00:02Z",
    ...changes,
  };
}

export function makeMailTemplate(changes: Partial<MailTemplate> = {}): MailTemplate {
  return {
    id: 5,
    name: "Sleutels",
    subject: "Sleutels van {{building}}",
    body: "Dag {{first_name}},",
    version: 3,
    changed_by: 2,
    changed_at: "2026-11-24T09:00:00Z",
    ...changes,
  };
}

export function makeMailTry(changes: Partial<MailTry> = {}): MailTry {
  return {
    started_at: "2026-11-24T09:00:01Z",
    ended_at: "2026-11-24T09:00:02Z",
    outcome: "taken",
    code: 250,
    answer: "250 taken",
    ...changes,
  };
}

export function makeSwap(changes: Partial<Swap> = {}): Swap {
  return {
    id: "5a1c1e52-0000-4000-8000-000000000001",
    run: {
      id: 12,
      tour: { id: 1, name: "Centrum-Noord" },
      region: { id: 1, name: "Gent Centrum" },
      date: today(),
      status: "planned",
      stops: 2,
      agreed_minutes: 24,
    },
    state: "open",
    asked_by: { id: 3, first_name: "Lotte", last_name: "" },
    message: "Ik heb examen",
    asked_at: "2026-11-24T17:00:00Z",
    taken_by: null,
    taken_at: null,
    decided_by: null,
    reason: "",
    ended_at: null,
    warnings: [],
    ...changes,
  };
}
