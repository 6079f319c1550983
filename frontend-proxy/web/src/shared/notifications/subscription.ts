/** What the server needs of a browser's subscription, and the address that the browser had before. */
export function subscriptionBody(subscription: PushSubscription, replaces = "") {
  return {
    endpoint: subscription.endpoint,
    p256dh: toBase64URL(subscription.getKey("p256dh")),
    auth: toBase64URL(subscription.getKey("auth")),
    public_key: toBase64URL(subscription.options.applicationServerKey),
    replaces,
  };
}

export function toBase64URL(bytes: ArrayBuffer | null): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes ?? new ArrayBuffer(0))))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

export function fromBase64URL(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}
