import { QueryClient } from "@tanstack/react-query";
import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { afterEach, describe, expect, it, vi } from "vitest";
import { meQuery } from "@/shared/account/me-query";
import type { NotificationDevice } from "@/shared/api/types";
import { toBase64URL } from "@/shared/notifications/subscription";
import { makeAccount } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { Devices } from "./devices";

const key = toBase64URL(new Uint8Array(65).fill(4).buffer);

const phone: NotificationDevice = {
  id: 1,
  browser: "Chrome",
  system: "Android",
  current: false,
  endpoint: "",
  outdated: false,
  created_at: "2026-11-25T10:00:00Z",
  last_success_at: null,
};

type Subscription = { endpoint: string; options: object; unsubscribe: () => Promise<boolean> };

/** A browser with a vendor that gives it an address, and a server that knows some devices. */
function show({
  permission = "default" as NotificationPermission,
  answer = "granted" as NotificationPermission,
  items = [] as NotificationDevice[],
  subscribed = false,
  able = true,
} = {}) {
  let subscription: Subscription | null = null;
  const make = (): Subscription => ({
    endpoint: "https://push.example.com/a",
    options: { applicationServerKey: new Uint8Array(65).fill(4).buffer },
    unsubscribe: async () => {
      subscription = null;
      return true;
    },
    ...{ getKey: () => new Uint8Array(16).buffer },
  });
  subscription = subscribed ? make() : null;
  const registration = {
    pushManager: {
      getSubscription: async () => subscription,
      subscribe: async () => {
        subscription = make();
        return subscription;
      },
    },
  };
  vi.stubGlobal("Notification", {
    permission,
    requestPermission: vi.fn(async () => {
      (window.Notification as { permission: string }).permission = answer;
      return answer;
    }),
  });
  if (!able) {
    vi.stubGlobal("Notification", undefined);
    Reflect.deleteProperty(window, "Notification");
  }
  Object.defineProperty(navigator, "serviceWorker", {
    configurable: true,
    value: {
      ready: Promise.resolve(registration),
      getRegistration: async () => registration,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    },
  });
  let known = items;
  const put = vi.fn();
  const removed = vi.fn();
  server.use(
    http.get(at("/notifications/devices"), () =>
      HttpResponse.json({ public_key: key, items: known }),
    ),
    http.put(at("/notifications/devices"), async ({ request }) => {
      const body = (await request.json()) as { endpoint: string };
      put(body);
      const device = { ...phone, id: 7, current: true, endpoint: body.endpoint };
      known = [...known, device];
      return HttpResponse.json(device);
    }),
    http.delete(at("/notifications/devices/:id"), ({ params }) => {
      removed(params.id);
      known = known.filter(({ id }) => String(id) !== params.id);
      return HttpResponse.json({});
    }),
  );
  const queryClient = new QueryClient({
    defaultOptions: { queries: { retry: false, networkMode: "always" } },
  });
  queryClient.setQueryData(meQuery.queryKey, makeAccount({ id: 3 }));
  renderPage(<Devices />, { queryClient });
  return { user: userEvent.setup(), put, removed };
}

afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, "serviceWorker");
  Reflect.deleteProperty(navigator, "standalone");
  localStorage.clear();
});

describe("where one is told", () => {
  it("asks nothing until the button is pressed, and then has the server tell this device", async () => {
    const { user, put } = show();
    const on = await screen.findByRole("button", { name: "Zet notificaties aan" });
    expect(window.Notification.requestPermission).not.toHaveBeenCalled();
    await user.click(on);
    expect(await screen.findByText(/Dit toestel krijgt notificaties/)).toBeVisible();
    expect(put).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ endpoint: "https://push.example.com/a", public_key: key }),
    );
  });

  it("says what to do when somebody says no", async () => {
    const { user, put } = show({ answer: "default" });
    await user.click(await screen.findByRole("button", { name: "Zet notificaties aan" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Je kan het later opnieuw proberen");
    expect(put).not.toHaveBeenCalled();
  });

  it("says how to allow what was blocked", async () => {
    show({ permission: "denied" });
    expect(await screen.findByText(/Sta ze weer toe/)).toBeVisible();
    expect(screen.queryByRole("button", { name: "Zet notificaties aan" })).not.toBeInTheDocument();
  });

  it("sends who has an iPhone to the home screen", async () => {
    Object.defineProperty(navigator, "standalone", { configurable: true, value: false });
    show();
    expect(await screen.findByText(/Zet op beginscherm/)).toBeVisible();
  });

  it("works in a browser that cannot", async () => {
    show({ able: false });
    expect(await screen.findByText(/kan geen notificaties tonen/)).toBeVisible();
  });

  it("shows other devices, and removes one", async () => {
    const { user, removed } = show({ items: [phone] });
    const list = within(await screen.findByRole("list", { name: "Andere toestellen" }));
    await user.click(list.getByRole("button", { name: "Verwijder Chrome, Android" }));
    await vi.waitFor(() => expect(removed).toHaveBeenCalledWith("1"));
    await vi.waitFor(() => expect(screen.queryByText("Chrome, Android")).not.toBeInTheDocument());
  });

  it("asks anew where the key is another one by now", async () => {
    const here = { ...phone, current: true, endpoint: "https://push.example.com/a" };
    show({ permission: "granted", subscribed: true, items: [{ ...here, outdated: true }] });
    expect(await screen.findByRole("button", { name: "Zet notificaties aan" })).toBeVisible();
  });

  it("turns this device off", async () => {
    const here = { ...phone, current: true, endpoint: "https://push.example.com/a" };
    const { user, removed } = show({ permission: "granted", subscribed: true, items: [here] });
    await user.click(await screen.findByRole("button", { name: "Zet uit op dit toestel" }));
    expect(await screen.findByText("Dit toestel krijgt geen notificaties.")).toBeVisible();
    expect(removed).toHaveBeenCalledWith("1");
  });
});
