import { randomUUID } from "node:crypto";
import { type APIRequestContext, type BrowserContextOptions, expect, request } from "@playwright/test";

/** Where the application under test listens; ports of its own, so that `make run` may go on beside it. */
export const address = "http://127.0.0.1:4473";
export const dashboard = "127.0.0.1:9473";

/** A time zone in which it is about noon when the tests start, so that none of them meets midnight; the same in all processes. */
export const timeZone = (process.env.E2E_TIME_ZONE ??= noonZone());

function noonZone(): string {
	const ahead = 12 - new Date().getUTCHours();
	// The signs of these names are those of POSIX: Etc/GMT-3 is three hours ahead.
	return ahead === 0 ? "Etc/GMT" : `Etc/GMT${ahead > 0 ? "-" : "+"}${Math.abs(ahead)}`;
}

/** The demo accounts, made when the application starts on a developer's machine. */
export const accounts = {
	admin: { email: "admin@trottoir.example", password: "demo-admin" },
	office: { email: "office@trottoir.example", password: "demo-office" },
	student: { email: "student@trottoir.example", password: "demo-student" },
	syndic: { email: "syndic@trottoir.example", password: "demo-syndic" },
	lucas: { email: "lucas@trottoir.example", password: "demo-student" },
	noor: { email: "noor@trottoir.example", password: "demo-student" },
	mohamed: { email: "mohamed@trottoir.example", password: "demo-student" },
	lotte: { email: "lotte@trottoir.example", password: "demo-student" },
	seppe: { email: "seppe@trottoir.example", password: "demo-student" },
	philippe: { email: "philippe@trottoir.example", password: "demo-syndic" },
} as const;

export type Person = keyof typeof accounts;

type State = Exclude<BrowserContextOptions["storageState"], string | undefined>;
const sessions = new Map<Person, Promise<State>>();

/**
 * The session of a person. There is one for all tests of a process, because signing in is limited per minute: who signs
 * out in a test signs in through the form before.
 */
export function session(person: Person): Promise<State> {
	let state = sessions.get(person);
	if (state === undefined) {
		state = signIn(person);
		sessions.set(person, state);
	}
	return state;
}

async function signIn(person: Person): Promise<State> {
	const api = await request.newContext({ baseURL: address });
	try {
		const answer = await api.post("/auth/sign-in", { data: accounts[person] });
		expect(answer.status(), await answer.text()).toBe(200);
		return await api.storageState();
	} finally {
		await api.dispose();
	}
}

/** The API as a person uses it; nobody is signed in without one. Dispose of it. */
export async function apiOf(person?: Person): Promise<APIRequestContext> {
	return request.newContext({
		baseURL: address,
		...(person === undefined ? {} : { storageState: await session(person) }),
	});
}

export type StepName = "arrival" | "inside" | "departure";
export const steps: readonly StepName[] = ["arrival", "inside", "departure"];

export type Visit = {
	outcome: string | null;
	steps: { step: StepName; id: string; occurred_at: string; received_at: string; corrected: boolean }[];
	pictures: { id: string; step: StepName; width: number; height: number; urls: Record<string, string> }[];
};

export type Run = {
	id: number;
	tour: { id: number; name: string };
	worker: { id: number; first_name: string; last_name: string };
	date: string;
	status: string;
	progress: { stops: number; done: number; segments: string[] };
	version: number;
	stops: {
		position: number;
		building: { id: number; name: string; address: { street: string; house_number: string } };
		visit: Visit | null;
	}[];
};

type Account = { id: number; first_name: string; last_name: string; region_ids: number[] };
type Tour = { id: number; name: string; region: { id: number }; archived: boolean; stop_count: number };

/** Today as the application counts days. */
export function today(): string {
	return new Intl.DateTimeFormat("sv-SE", { timeZone }).format(new Date());
}

export async function read<T>(api: APIRequestContext, path: string): Promise<T> {
	const answer = await api.get(path);
	expect(answer.status(), `GET ${path}: ${await answer.text()}`).toBe(200);
	return (await answer.json()) as T;
}

export async function me(person: Person): Promise<Account> {
	const api = await apiOf(person);
	try {
		return await read<Account>(api, "/me");
	} finally {
		await api.dispose();
	}
}

/**
 * Tours that a worker can still be given today, so that no test depends on what ran before it. Those that tests make have one stop or two.
 */
export async function freeTours(office: APIRequestContext, worker: Account): Promise<Tour[]> {
	const tours = await read<{ items: Tour[] }>(office, "/tours?limit=200");
	const day = today();
	const runs = await read<{ items: Run[] }>(office, `/runs?from=${day}&to=${day}&worker=${worker.id}&limit=200`);
	const taken = new Set(runs.items.filter((run) => run.status !== "cancelled").map((run) => run.tour.id));
	return tours.items.filter(
		(tour) =>
			!tour.archived && tour.stop_count > 2 && worker.region_ids.includes(tour.region.id) && !taken.has(tour.id),
	);
}

/** Plans a run of today for one of these workers, whoever has a tour left. */
export async function planRun(...workers: Person[]): Promise<{ run: Run; worker: Person }> {
	const office = await apiOf("office");
	try {
		for (const worker of workers) {
			const account = await me(worker);
			for (const tour of await freeTours(office, account)) {
				const answer = await office.post("/runs", {
					data: { tour_id: tour.id, worker_id: account.id, date: today() },
				});
				if (answer.status() === 409) {
					continue; // another test was faster
				}
				expect(answer.status(), await answer.text()).toBe(200);
				return { run: (await answer.json()) as Run, worker };
			}
		}
	} finally {
		await office.dispose();
	}
	throw new Error(`no tour is left today for ${workers.join(", ")}`);
}

/** Cancels a run, which makes its tour free again. */
export async function cancelRun(run: Run): Promise<void> {
	const office = await apiOf("office");
	const answer = await office.post(`/runs/${run.id}/cancel`, { data: { reason: "End of the test" } });
	expect(answer.status(), await answer.text()).toBe(200);
	await office.dispose();
}

/** What a phone sends when a run is started. */
export function startNow(): { id: string; occurred_at: string } {
	return { id: randomUUID(), occurred_at: new Date().toISOString() };
}

export async function startRun(api: APIRequestContext, run: Run): Promise<Run> {
	const answer = await api.post(`/runs/${run.id}/start`, { data: startNow() });
	expect(answer.status(), await answer.text()).toBe(200);
	return (await answer.json()) as Run;
}

export type Upload = { id: string; run: string; building: string; step: string; taken_at: string };

/** The fields of an upload, right unless told otherwise. */
export function upload(run: Run, changes: Partial<Upload> = {}): Upload {
	return {
		id: randomUUID(),
		run: String(run.id),
		building: String(run.stops[0]?.building.id),
		step: "arrival",
		taken_at: new Date().toISOString(),
		...changes,
	};
}
