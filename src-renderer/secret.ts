// The secret that lets this browser in for the first time: taken from the address or pasted, used once, and kept nowhere.

/** A secret is what stands after `#token=`: the code of a one-time link, or the data folder's token. */
const secretForm = /^[\w.~-]{8,512}$/;

/** Where former versions kept the token, readable by whoever served a page at this address. */
const formerKey = 'mailward.token';

const inFragment = /^#\/?\??token=([^&]*)/;

/**
 * Calls back with each secret that comes into the address's fragment (`#token=…`), now or later, and takes it out of the
 * address and the history before anything else sees it, so that it is not copied along with a link.
 */
export function watchAddress(given: (secret: string) => void): void {
  const take = (place: string) => {
    const match = inFragment.exec(window.location.hash);
    if (match === null) return;
    window.history.replaceState(null, '', `${window.location.pathname}${place}`);
    const secret = secretFrom(match[1] ?? '');
    if (secret !== null) given(secret);
  };
  take('#/');
  // Before the router hears of it and looks for a screen of this name: listeners that capture come first.
  const whenCapturing = { capture: true };
  window.addEventListener('popstate', keepFromRouter, whenCapturing);
  window.addEventListener(
    'hashchange',
    (event) => {
      keepFromRouter(event);
      const { hash } = new URL(event.oldURL);
      take(inFragment.test(hash) || hash === '' ? '#/' : hash);
    },
    whenCapturing,
  );
}

function keepFromRouter(event: Event): void {
  if (inFragment.test(window.location.hash)) event.stopImmediatePropagation();
}

/** The token that a former version kept in this browser, which is removed; null when there is none. */
export function takeFormerToken(): string | null {
  const token = window.localStorage.getItem(formerKey);
  window.localStorage.removeItem(formerKey);
  return token;
}

/** Finds the secret in what somebody pasted: the whole address or the secret alone; null when there is none. */
export function secretFrom(pasted: string): string | null {
  const text = pasted.trim();
  const inAddress = /[#&?]token=([^&\s]+)/.exec(text);
  const secret = inAddress?.[1] ?? text;
  return secretForm.test(secret) ? secret : null;
}
