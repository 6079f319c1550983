import { HttpResponse, http } from "msw";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { at, server } from "@/shared/testing/server";
import { noteSignIn } from "./owner";
import { toBase64URL } from "./subscription";
import { forgetThisDevice, keepTold, turnOn } from "./this-device";

const keyBytes = new Uint8Array(65).fill(4);
const key = toBase64URL(keyBytes.buffer);

let endpoint: string | undefined;
let devices: { current: boolean; outdated: boolean; endpoint: string }[] = [];
const put = vi.fn();

beforeEach(() => {
  endpoint = undefined;
  devices = [];
  put.mockReset();
  const subscriptionOf = (address: string) => ({
    endpoint: address,
    options: { applicationServerKey: keyBytes.buffer },
    getKey: () => new Uint8Array(16).buffer,
    unsubscribe: async () => {
      endpoint = undefined;
      return true;
    },
  });
  const registration = {
    pushManager: {
      getSubscription: async () => (endpoint === undefined ? null : subscriptionOf(endpoint)),
      subscribe: async () => {
        endpoint = "https://push.example.com/a";
        return subscriptionOf(endpoint);
      },
    },
  };
  vi.stubGlobal("Notification", {
    permission: "granted",
    requestPermission: async () => "granted",
  });
  Object.defineProperty(navigator, "serviceWorker", {
    configurable: true,
    value: { ready: Promise.resolve(registration), getRegistration: async () => registration },
  });
  server.use(
    http.get(at("/notifications/devices"), () =>
      HttpResponse.json({ public_key: key, items: devices }),
    ),
    http.put(at("/notifications/devices"), async ({ request }) => {
      const body = (await request.json()) as { endpoint: string; replaces: string };
      put(body.endpoint, body.replaces);
      devices = [{ current: true, outdated: false, endpoint: body.endpoint }];
      return HttpResponse.json(devices[0]);
    }),
  );
});

afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, "serviceWorker");
  localStorage.clear();
});

describe("a browser that somebody turned notifications on in", () => {
  it("does nothing where nobody did", async () => {
    await keepTold(3);
    expect(put).not.toHaveBeenCalled();
  });

  it("is told again after they signed in anew", async () => {
    await turnOn(3, key);
    devices = [];
    noteSignIn();
    await keepTold(3);
    expect(put).toHaveBeenCalledTimes(2);
    await keepTold(3);
    expect(put).toHaveBeenCalledTimes(2);
  });

  it("stays removed when it was removed elsewhere", async () => {
    await turnOn(3, key);
    devices = [];
    await keepTold(3);
    expect(put).toHaveBeenCalledTimes(1);
    expect(endpoint).toBeUndefined();
  });

  it("tells the server of another address", async () => {
    await turnOn(3, key);
    endpoint = "https://push.example.com/b";
    await keepTold(3);
    expect(put).toHaveBeenLastCalledWith(
      "https://push.example.com/b",
      "https://push.example.com/a",
    );
  });

  it("is nobody else's", async () => {
    await turnOn(3, key);
    await keepTold(5);
    expect(endpoint).toBeUndefined();
    expect(put).toHaveBeenCalledTimes(1);
    await forgetThisDevice();
  });
});
