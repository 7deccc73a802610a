// Puts the texts of a language into the places that the page has for them: data-text="name".
export function fillTexts(texts: object, language: string, root: ParentNode = document): void {
  document.documentElement.lang = language;
  for (const place of root.querySelectorAll<HTMLElement>('[data-text]')) {
    const text = (texts as Record<string, unknown>)[place.dataset['text'] ?? ''];
    if (typeof text === 'string') place.textContent = text;
  }
}
