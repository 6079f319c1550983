import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import { renderPage } from "@/testing/render";
import { at, server } from "../testing/server";
import { SecondFactorSetup } from "./second-factor-setup";

const codes = ["aaaa-bbbb-cccc-dddd", "eeee-ffff-gggg-hhhh"];

const refusal = (status: number, code: string, details: object) => () =>
  HttpResponse.json({ code, message: "", details }, { status });

type Answers = { begin?: () => Response; confirm?: () => Response };

async function show({
  begin = () =>
    HttpResponse.json({ key: "JBSWY3DPEHPK3PXP", uri: "otpauth://totp/x", qr_code: "<svg/>" }),
  confirm = () => HttpResponse.json({ recovery_codes: codes }),
}: Answers = {}) {
  const sent = vi.fn();
  server.use(
    http.post(at("/me/second-factor"), async ({ request }) => {
      sent(await request.json());
      return begin();
    }),
    http.put(at("/me/second-factor"), async ({ request }) => {
      sent(await request.json());
      return confirm();
    }),
  );
  const onDone = vi.fn();
  renderPage(<SecondFactorSetup email="noor@trottoir.example" onDone={onDone} />);
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText("Je wachtwoord"), "regen op de stoep{Enter}");
  return { user, sent, onDone };
}

describe("setting up codes for signing in", () => {
  it("shows the key for the app, and the recovery codes until they are kept", async () => {
    const { user, sent, onDone } = await show();
    expect(await screen.findByRole("img", { name: /QR-code/ })).toHaveAttribute(
      "src",
      "data:image/svg+xml,%3Csvg%2F%3E",
    );
    expect(screen.getByText("JBSW Y3DP EHPK 3PXP")).toBeVisible();
    expect(screen.getByRole("link", { name: /Open de app/ })).toHaveAttribute(
      "href",
      "otpauth://totp/x",
    );
    await user.type(screen.getByLabelText("De code die de app nu toont"), "123 456{Enter}");
    const list = await screen.findByRole("list", { name: "Herstelcodes" });
    expect(list).toHaveTextContent(codes.join(""));
    expect(sent.mock.calls).toEqual([[{ password: "regen op de stoep" }], [{ code: "123456" }]]);
    await user.click(screen.getByRole("button", { name: "Kopieer" }));
    expect(await navigator.clipboard.readText()).toContain(codes.join("\n"));
    expect(onDone).not.toHaveBeenCalled();
    await user.click(screen.getByRole("button", { name: "Ik heb ze bewaard" }));
    expect(onDone).toHaveBeenCalledOnce();
  });

  it("says at the field that the password is wrong", async () => {
    await show({
      begin: refusal(400, "invalid_argument", { field: "password", reason: "wrong_password" }),
    });
    expect(await screen.findByText("Dit is je wachtwoord niet.")).toBeVisible();
  });

  it("says at the field that the code is wrong", async () => {
    const { user } = await show({
      confirm: refusal(400, "invalid_argument", { field: "code", reason: "wrong_code" }),
    });
    await user.type(await screen.findByLabelText("De code die de app nu toont"), "123456{Enter}");
    expect(await screen.findByText(/Deze code klopt niet/)).toBeVisible();
  });

  it.each([
    [
      "confirming",
      { confirm: refusal(400, "failed_precondition", { reason: "second_factor_on" }) },
    ],
    ["beginning", { begin: refusal(400, "failed_precondition", { reason: "second_factor_on" }) }],
  ])(
    "makes new recovery codes when the answer with the first was lost (%s)",
    async (step, answers) => {
      const renewed = vi.fn();
      const { user, onDone } = await show(answers);
      server.use(
        http.post(at("/me/recovery-codes"), async ({ request }) => {
          renewed(await request.json());
          return HttpResponse.json({ recovery_codes: codes });
        }),
      );
      if (step === "confirming") {
        await user.type(
          await screen.findByLabelText("De code die de app nu toont"),
          "123456{Enter}",
        );
      }
      expect(await screen.findByText(/De codes staan al aan/)).toBeVisible();
      await user.type(screen.getByLabelText("Je wachtwoord"), "regen op de stoep{Enter}");
      expect(await screen.findByRole("list", { name: "Herstelcodes" })).toHaveTextContent(
        codes.join(""),
      );
      expect(renewed).toHaveBeenCalledWith({ password: "regen op de stoep" });
      await user.click(screen.getByRole("button", { name: "Ik heb ze bewaard" }));
      expect(onDone).toHaveBeenCalledOnce();
    },
  );

  it("goes on when codes are on already and the recovery codes are kept", async () => {
    const { user, onDone } = await show({
      begin: refusal(400, "failed_precondition", { reason: "second_factor_on" }),
    });
    await user.click(await screen.findByRole("button", { name: "Ik heb ze bewaard" }));
    expect(onDone).toHaveBeenCalledOnce();
  });

  it("can begin anew when another window was faster", async () => {
    const { user } = await show({
      confirm: refusal(400, "failed_precondition", { reason: "second_factor_off" }),
    });
    await user.type(await screen.findByLabelText("De code die de app nu toont"), "123456{Enter}");
    await user.click(await screen.findByRole("button", { name: "Begin opnieuw" }));
    expect(screen.getByLabelText("Je wachtwoord")).toBeVisible();
  });
});
