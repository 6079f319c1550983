import { fireEvent, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { makePicture } from "@/shared/testing/data";
import { renderPage } from "@/testing/render";
import { type DeviceStore, DeviceStoreContext } from "./kept/device-store";
import type { LocalPhoto } from "./local-run";
import { OutboxContext } from "./outbox/outbox-context";
import { PhotoTiles } from "./photo-tiles";

const picture = makePicture("p1", "arrival");
const sent: LocalPhoto = {
  id: "p1",
  step: "arrival",
  state: "sent",
  picture,
  entry: undefined,
  takenBeforeStart: undefined,
  usedBefore: false,
};

function show(photo: LocalPhoto) {
  const keptPhoto = vi.fn(async () => new ArrayBuffer(3));
  renderPage(
    <OutboxContext value={{ photo: async () => undefined } as never}>
      <DeviceStoreContext value={{ keptPhoto } as Partial<DeviceStore> as DeviceStore}>
        <PhotoTiles photos={[photo]} step={undefined} wanted={false} />
      </DeviceStoreContext>
    </OutboxContext>,
  );
  return keptPhoto;
}

it("shows the small copy on the phone of a photo that was sent, when the server's does not come", async () => {
  const keptPhoto = show(sent);
  const image = await screen.findByRole("img", { name: /^Foto aankomst/ });
  expect(image).toHaveAttribute("src", expect.stringContaining("/320"));
  expect(keptPhoto).not.toHaveBeenCalled();

  fireEvent.error(image);
  await vi.waitFor(() =>
    expect(screen.getByRole("img", { name: /^Foto aankomst/ })).toHaveAttribute(
      "src",
      "blob:trottoir",
    ),
  );
  expect(keptPhoto).toHaveBeenCalledExactlyOnceWith("p1");
});

it("says while it waits that a photo was used before", async () => {
  show({ ...sent, state: "waiting", picture: undefined, usedBefore: true });
  expect(await screen.findByText("al gebruikt")).toBeVisible();
});
