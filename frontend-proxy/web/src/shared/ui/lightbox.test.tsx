import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { renderPage } from "@/testing/render";
import { makePicture } from "../testing/data";
import { Holder } from "../testing/holder";
import { Lightbox } from "./lightbox";

it("turns the photos by keys and buttons, stops at the ends and offers each for download", async () => {
  const photos = ["a", "b"].map((id) => ({
    picture: makePicture(id, "arrival"),
    caption: `Foto ${id}`,
  }));
  renderPage(
    <Holder initial={0}>
      {(index, onIndex) => (
        <Lightbox photos={photos} index={index} onIndex={onIndex} onClose={() => undefined} />
      )}
    </Holder>,
  );
  const user = userEvent.setup();
  expect(await screen.findByRole("img", { name: "Foto a" })).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Volgende foto" }));
  expect(screen.getByRole("img", { name: "Foto b" })).toBeInTheDocument();
  expect(screen.getByText("Foto 2 van 2")).toBeInTheDocument();
  await user.keyboard("{ArrowRight}");
  expect(screen.getByRole("img", { name: "Foto b" })).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Download" })).toHaveAttribute(
    "href",
    expect.stringContaining("/pictures/b/1600"),
  );
  await user.keyboard("{ArrowLeft}");
  expect(screen.getByRole("img", { name: "Foto a" })).toBeInTheDocument();
});
