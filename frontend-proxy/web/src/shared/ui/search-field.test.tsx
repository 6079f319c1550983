import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { renderPage } from "@/testing/render";
import { Holder } from "../testing/holder";
import { SearchField } from "./search-field";

it("keeps focus and letters while the list is narrowed, and empties when everything is shown", async () => {
  const asked = vi.fn();
  renderPage(
    <Holder<string | undefined> initial={undefined}>
      {(q, setQ) => (
        <>
          <SearchField
            placeholder=""
            value={q}
            onSearch={(text) => {
              asked(text);
              setQ(text);
            }}
          />
          <button type="button" onClick={() => setQ(undefined)}>
            Alles
          </button>
        </>
      )}
    </Holder>,
  );
  const user = userEvent.setup({ delay: 60 });
  await user.click(await screen.findByRole("searchbox", { name: "Zoeken" }));
  await user.keyboard("veld");
  await vi.waitFor(() => expect(asked).toHaveBeenLastCalledWith("veld"));
  await user.keyboard("straat");
  const field = screen.getByRole("searchbox", { name: "Zoeken" });
  expect(field).toHaveFocus();
  expect(field).toHaveValue("veldstraat");
  await vi.waitFor(() => expect(asked).toHaveBeenLastCalledWith("veldstraat"));

  await user.click(screen.getByRole("button", { name: "Alles" }));
  expect(field).toHaveValue("");
});
