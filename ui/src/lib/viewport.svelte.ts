// The width of the window, where a screen is built differently rather than only styled so.

function follow(query: string): { readonly is: boolean } {
  const media = typeof matchMedia === 'function' ? matchMedia(query) : null;
  let matches = $state(media?.matches ?? false);
  media?.addEventListener?.('change', (event) => (matches = event.matches));
  return {
    get is() {
      return matches;
    },
  };
}

/** A phone. */
export const narrow = follow('(max-width: 719px)');
/** Room for a detail beside a list. */
export const roomy = follow('(min-width: 1000px)');
