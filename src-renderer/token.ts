// The access token of the service: taken from the address once, then kept by this browser.

const storageKey = 'mailward.token';

/** A token is what the service prints after `#token=`: letters, digits and the marks of base64url. */
const tokenForm = /^[\w.~-]{8,512}$/;

/**
 * Moves a token from the address's fragment (`#token=…`) to this browser's storage, and takes it out of the address
 * and the history, so that it is not copied along with a link. Does nothing when there is none.
 */
export function takeTokenFromAddress(): void {
  const match = /^#\/?\??token=([^&]+)/.exec(window.location.hash);
  if (match === null) return;
  const token = tokenFrom(decodeURIComponent(match[1] ?? ''));
  if (token !== null) keepToken(token);
  window.history.replaceState(null, '', `${window.location.pathname}${window.location.search}#/`);
}

/** The token that this browser keeps; null when it has none. */
export function readToken(): string | null {
  return window.localStorage.getItem(storageKey);
}

/** Keeps a token for this browser, for this address only. */
export function keepToken(token: string): void {
  window.localStorage.setItem(storageKey, token);
}

/** Finds the token in what somebody pasted: the whole address or the token alone; null when there is none. */
export function tokenFrom(pasted: string): string | null {
  const text = pasted.trim();
  const inAddress = /[#&?]token=([^&\s]+)/.exec(text);
  const token = inAddress?.[1] ?? text;
  return tokenForm.test(token) ? token : null;
}
