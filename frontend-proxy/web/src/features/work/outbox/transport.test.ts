import { createHash } from "node:crypto";
import { HttpResponse, http } from "msw";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeIncidentDetail, makePicture, makeRemark, makeRunDetail } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import type { Entry } from "./entries";
import { sendEntry } from "./transport";

const common = {
  id: "5f0c9a52-1111-4222-8333-444455556666",
  key: "",
  accountId: 3,
  runId: 12,
  createdAt: "",
  state: "waiting",
  attempts: 0,
  notBefore: 0,
} as const;

const sending = (entry: Entry) => ({
  entry,
  photo: entry.kind === "picture" ? new ArrayBuffer(8) : undefined,
  signal: new AbortController().signal,
});

const refusal = (reason: string) =>
  HttpResponse.json(
    { code: "failed_precondition", message: "No.", details: { reason } },
    { status: 400 },
  );

describe("sendEntry", () => {
  it("takes a run that is started already as the answer to a repeated start", async () => {
    server.use(
      http.post(at("/runs/12/start"), () => refusal("already_started")),
      http.get(at("/runs/12"), () => HttpResponse.json(makeRunDetail({ status: "started" }))),
    );

    const answer = await sendEntry(
      sending({ ...common, kind: "start", occurredAt: "2026-11-24T16:59:00Z" }),
    );

    expect(answer).toMatchObject({ kind: "run", run: { status: "started" } });
  });

  it("takes a run that another device completed as the answer to a start and to a completion", async () => {
    server.use(
      http.post(at("/runs/12/:action"), () => refusal("already_completed")),
      http.get(at("/runs/12"), () => HttpResponse.json(makeRunDetail({ status: "completed" }))),
    );
    const occurredAt = "2026-11-24T16:59:00Z";
    const done = { kind: "run", run: { status: "completed" } };
    expect(await sendEntry(sending({ ...common, kind: "start", occurredAt }))).toMatchObject(done);
    const complete = { ...common, kind: "complete", reason: "Sneeuw", occurredAt } as const;
    expect(await sendEntry(sending(complete))).toMatchObject(done);

    server.use(
      http.get(at("/runs/12"), () => HttpResponse.json(makeRunDetail({ status: "started" }))),
    );
    await expect(sendEntry(sending(complete))).rejects.toMatchObject({
      reason: "already_completed",
    });
  });

  it("passes on the refusal when the run is not where it should be", async () => {
    server.use(
      http.post(at("/runs/12/start"), () => refusal("not_today")),
      http.get(at("/runs/12"), () => HttpResponse.json(makeRunDetail({ status: "planned" }))),
    );

    await expect(
      sendEntry(sending({ ...common, kind: "start", occurredAt: "2026-11-24T16:59:00Z" })),
    ).rejects.toMatchObject({
      code: "failed_precondition",
      reason: "not_today",
    });
  });

  it("reports a problem and sends its photos", async () => {
    const asked: unknown[] = [];
    server.use(
      http.post(at("/incidents"), async ({ request }) => {
        asked.push(await request.json());
        return HttpResponse.json(makeIncidentDetail());
      }),
      http.post(at("/incident-pictures"), async ({ request }) => {
        const { file: _, ...fields } = Object.fromEntries(await request.formData());
        asked.push(fields);
        return HttpResponse.json({ id: "p1", width: 1, height: 1, added_at: "", urls: {} });
      }),
    );
    const here = { ...common, buildingId: 100 };
    const occurredAt = "2026-11-24T17:10:00Z";
    const report = {
      ...here,
      kind: "incident",
      problem: "dirty",
      text: "Vuil",
      occurredAt,
    } as const;
    expect(await sendEntry(sending({ ...report, id: "i1" }))).toEqual({ kind: "incident" });
    const photo = { ...here, kind: "picture", incidentId: "i1", takenAt: occurredAt } as const;
    expect(
      await sendEntry(sending({ ...photo, id: "p1", contentType: "image/jpeg", size: 8 })),
    ).toEqual({ kind: "incident" });
    expect(asked).toEqual([
      {
        id: "i1",
        building_id: 100,
        run_id: 12,
        kind: "dirty",
        text: "Vuil",
        occurred_at: occurredAt,
        reporter_id: 3,
      },
      { id: "p1", incident: "i1", reporter_id: "3" },
    ]);
  });

  it("writes, changes and deletes remarks, and sends their photos", async () => {
    const asked: unknown[] = [];
    const answer = async ({ request }: { request: Request }) => {
      const { pathname } = new URL(request.url);
      asked.push([request.method, pathname, request.body === null ? null : await request.json()]);
      return HttpResponse.json(makeRemark("r1"));
    };
    const fields: Record<string, unknown> = {};
    server.use(
      http.post(at("/runs/12/remarks"), answer),
      http.put(at("/remarks/r1"), answer),
      http.delete(at("/remarks/r1"), answer),
      http.post(at("/pictures"), async ({ request }) => {
        for (const [name, value] of (await request.formData()).entries()) {
          fields[name] = value;
        }
        return HttpResponse.json(makePicture("p1", "arrival", { step: null, remark_id: "r1" }));
      }),
    );
    const here = { ...common, buildingId: 100 };
    const occurredAt = "2026-11-24T17:00:00Z";
    const added = await sendEntry(
      sending({ ...here, kind: "remark", id: "r1", text: "Poort klemt", occurredAt }),
    );
    expect(added).toMatchObject({ kind: "remark", remark: { id: "r1" } });
    await sendEntry(
      sending({ ...here, kind: "remark_change", id: "c1", remarkId: "r1", text: "Stuk" }),
    );
    await sendEntry(sending({ ...here, kind: "remark_deletion", remarkId: "r1" }));
    await sendEntry(
      sending({
        ...here,
        kind: "picture",
        id: "p1",
        remarkId: "r1",
        takenAt: occurredAt,
        contentType: "image/jpeg",
        size: 8,
      }),
    );

    expect(asked.map((row) => (row as unknown[])[0])).toEqual(["POST", "PUT", "DELETE"]);
    expect((asked[0] as unknown[])[2]).toEqual({
      id: "r1",
      building_id: 100,
      text: "Poort klemt",
      occurred_at: occurredAt,
    });
    expect((asked[1] as unknown[])[2]).toEqual({ id: "c1", text: "Stuk" });
    expect(fields).toMatchObject({ remark: "r1", run: "12", building: "100" });
    expect(fields).not.toHaveProperty("step");
  });

  it("takes a step that another device confirmed as confirmed", async () => {
    server.use(
      http.put(at("/runs/12/visits/100/steps/arrival"), () =>
        HttpResponse.json(
          { code: "already_exists", message: "", details: { reason: "step_exists" } },
          { status: 409 },
        ),
      ),
      http.get(at("/runs/12"), () => HttpResponse.json(makeRunDetail())),
    );
    const entry: Entry = {
      ...common,
      kind: "step",
      buildingId: 100,
      step: "arrival",
      occurredAt: "2026-11-24T17:00:00Z",
    };

    expect(await sendEntry(sending(entry))).toMatchObject({ kind: "run" });
  });

  it("uploads a photo with the id that makes a repetition harmless", async () => {
    let uploaded = "";
    server.use(
      http.post(at("/pictures"), async ({ request }) => {
        uploaded = await request.text();
        return HttpResponse.json(makePicture(common.id, "arrival"));
      }),
    );

    const answer = await sendEntry(
      sending({
        ...common,
        kind: "picture",
        buildingId: 100,
        step: "arrival",
        takenAt: "2026-11-24T17:00:00Z",
        size: 8,
        contentType: "image/jpeg",
      }),
    );

    expect(answer).toMatchObject({ kind: "picture", picture: { id: common.id } });
    for (const part of ["id", "run", "building", "step", "taken_at", "file"]) {
      expect(uploaded).toContain(`name="${part}"`);
    }
    expect(uploaded).toContain(common.id);
    expect(uploaded, "when it was taken, not when it was queued").toContain("2026-11-24T17:00:00Z");
  });

  it("calls a server that cannot be reached a temporary failure", async () => {
    server.use(http.post(at("/pictures"), () => HttpResponse.error()));
    const entry: Entry = {
      ...common,
      kind: "picture",
      buildingId: 100,
      step: "arrival",
      takenAt: "2026-11-24T17:00:00Z",
      size: 8,
      contentType: "image/jpeg",
    };

    await expect(sendEntry(sending(entry))).rejects.toMatchObject({
      code: "network",
      temporary: true,
    });
  });

  it("does not take a hotspot's page for the server's word", async () => {
    const page = () => HttpResponse.html("<h1>Welcome to our Wi-Fi</h1>");
    const step: Entry = {
      ...common,
      kind: "step",
      buildingId: 100,
      step: "arrival",
      occurredAt: "2026-11-24T17:00:00Z",
    };
    const picture: Entry = {
      ...common,
      kind: "picture",
      buildingId: 100,
      step: "arrival",
      takenAt: "2026-11-24T17:00:00Z",
      size: 8,
      contentType: "image/jpeg",
    };
    server.use(
      http.put(at("/runs/12/visits/100/steps/arrival"), page),
      http.post(at("/pictures"), page),
    );
    for (const entry of [step, picture]) {
      const refusal = { code: "foreign_answer", temporary: true };
      await expect(sendEntry(sending(entry))).rejects.toMatchObject(refusal);
    }
    server.use(
      http.post(at("/pictures"), () => HttpResponse.html("<h1>Forbidden</h1>", { status: 403 })),
    );
    await expect(sendEntry(sending(picture))).rejects.toMatchObject({
      code: "foreign_answer",
      temporary: true,
    });
    server.use(
      http.post(at("/pictures"), () => HttpResponse.html("<h1>Too large</h1>", { status: 413 })),
    );
    await expect(sendEntry(sending(picture))).rejects.toMatchObject({
      reason: "too_large",
      temporary: false,
    });
  });

  it("tells the moment of a start and the stops of the phone", async () => {
    const bodies: unknown[] = [];
    server.use(
      http.post(at("/runs/12/:action"), async ({ request }) => {
        bodies.push(await request.json());
        return HttpResponse.json(makeRunDetail());
      }),
    );
    const occurredAt = "2026-11-24T22:58:30Z";
    await sendEntry(sending({ ...common, kind: "start", occurredAt, buildingIds: [200, 100] }));
    await sendEntry(sending({ ...common, kind: "complete", occurredAt, reason: "Sneeuw" }));

    const moment = { id: common.id, occurred_at: occurredAt };
    expect(bodies).toEqual([
      { ...moment, building_ids: [200, 100] },
      { ...moment, reason: "Sneeuw" },
    ]);
  });

  describe("a photo over 2 MB", () => {
    // jsdom computes no checksums.
    beforeEach(() => {
      const digest = async (_: string, data: ArrayBuffer) =>
        createHash("sha256")
          .update(Buffer.from(new Uint8Array(data)))
          .digest();
      vi.stubGlobal("crypto", { subtle: { digest } });
    });
    afterEach(() => {
      vi.unstubAllGlobals();
    });
    const partBytes = 512 * 1024;
    const size = 5 * partBytes + 1;
    const large: Extract<Entry, { kind: "picture" }> = {
      ...common,
      kind: "picture",
      buildingId: 100,
      step: "arrival",
      takenAt: "2026-11-24T17:00:00Z",
      takenFrom: "exif",
      size,
      contentType: "image/jpeg",
    };
    const send = () =>
      sendEntry({
        entry: large,
        photo: new ArrayBuffer(size),
        signal: new AbortController().signal,
      });
    const url = `/picture-uploads/${common.id}`;
    const refused = (status: number, code: string, reason?: string) =>
      HttpResponse.json(
        { code, message: "No.", details: reason === undefined ? null : { reason } },
        { status },
      );

    /** A server that has some of the parts; lose makes one of them fail. */
    function partsServer(state: { parts: number; lose?: number }) {
      const asked: unknown[] = [];
      const answer = (picture: unknown = null) =>
        HttpResponse.json({ id: common.id, part_bytes: partBytes, parts: state.parts, picture });
      server.use(
        http.put(at(url), async ({ request }) => {
          asked.push(await request.json());
          return answer();
        }),
        http.put(at(`${url}/parts/:number`), async ({ params, request }) => {
          const number = Number(params.number);
          if (number === state.lose) {
            return HttpResponse.error();
          }
          asked.push([number, (await request.arrayBuffer()).byteLength]);
          state.parts = number + 1;
          return answer();
        }),
        http.post(at(`${url}/finish`), () => {
          asked.push("finish");
          return HttpResponse.json(makePicture(common.id, "arrival"));
        }),
      );
      return asked;
    }

    it("goes in parts, and on from where the connection broke off", async () => {
      const state: { parts: number; lose?: number } = { parts: 0, lose: 2 };
      const asked = partsServer(state);
      await expect(send()).rejects.toMatchObject({ code: "network", temporary: true });
      delete state.lose;
      expect(await send()).toMatchObject({ kind: "picture", picture: { id: common.id } });
      expect(asked.filter((one) => Array.isArray(one) || one === "finish")).toEqual([
        [0, partBytes],
        [1, partBytes],
        [2, partBytes],
        [3, partBytes],
        [4, partBytes],
        [5, 1],
        "finish",
      ]);
      expect(asked[0]).toMatchObject({ size, taken_from: "exif", run_id: 12, building_id: 100 });
      expect((asked[0] as { sha256: string }).sha256).toMatch(/^[0-9a-f]{64}$/);
    });

    it("is done when the server has the picture already", async () => {
      server.use(
        http.put(at(url), () =>
          HttpResponse.json({
            id: common.id,
            part_bytes: partBytes,
            parts: 0,
            picture: makePicture(common.id, "arrival"),
          }),
        ),
      );
      expect(await send()).toMatchObject({ kind: "picture", picture: { id: common.id } });
    });

    it("goes whole to a server that knows no parts or takes no more of them", async () => {
      for (const answer of [
        refused(404, "not_found"),
        refused(429, "resource_exhausted", "too_many"),
      ]) {
        let whole = 0;
        server.use(
          http.put(at(url), () => answer.clone()),
          http.post(at("/pictures"), () => {
            whole += 1;
            return HttpResponse.json(makePicture(common.id, "arrival"));
          }),
        );
        await send();
        expect(whole).toBe(1);
      }
    });

    it("begins anew when its parts were lost, and is no refused photo when that happens again", async () => {
      let finished = 0;
      partsServer({ parts: 0 });
      server.use(
        http.post(at(`${url}/finish`), () => {
          finished += 1;
          return refused(400, "failed_precondition", "parts_missing");
        }),
      );
      await expect(send()).rejects.toMatchObject({ code: "aborted", temporary: true });
      expect(finished).toBe(2);
    });

    it("of an incident goes in parts too", async () => {
      const asked: unknown[] = [];
      const incident = `/incident-picture-uploads/${common.id}`;
      const begun = { id: common.id, part_bytes: partBytes, parts: 4, picture: null };
      server.use(
        http.put(at(incident), async ({ request }) => {
          asked.push(await request.json());
          return HttpResponse.json(begun);
        }),
        http.put(at(`${url}/parts/:number`), async ({ params, request }) => {
          asked.push([Number(params.number), (await request.arrayBuffer()).byteLength]);
          return HttpResponse.json(begun);
        }),
        http.post(at(`${incident}/finish`), () => {
          asked.push("finish");
          return HttpResponse.json({ id: common.id, width: 1, height: 1, added_at: "", urls: {} });
        }),
      );
      const { step: _, ...photo } = large;
      await sendEntry({
        entry: { ...photo, incidentId: "i1" },
        photo: new ArrayBuffer(size),
        signal: new AbortController().signal,
      });
      expect(asked).toEqual([
        {
          incident_id: "i1",
          reporter_id: 3,
          size,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
        [4, partBytes],
        [5, 1],
        "finish",
      ]);
    });

    it("is refused for what it is", async () => {
      partsServer({ parts: 0 });
      server.use(
        http.post(at(`${url}/finish`), () => refused(400, "invalid_argument", "broken_file")),
      );
      await expect(send()).rejects.toMatchObject({ reason: "broken_file", temporary: false });
    });
  });
});
