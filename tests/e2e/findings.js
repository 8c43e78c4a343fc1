// What of a page is not as it should be. Sizes count as they are drawn: what an SVG scales too.
() => {
  const found = [];
  const say = (what, element) => found.push(`${what}: ${(element.innerText || element.textContent).trim().slice(0, 80)}`);
  if (document.documentElement.scrollWidth > window.innerWidth) found.push(`sideways: ${document.documentElement.scrollWidth}`);
  const seen = element => {
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    return style.visibility !== 'hidden' && box.width > 1 && box.height > 1 && !element.closest('.skip, .visually-hidden');
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const small = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !seen(element) || element.closest('noscript, option')) continue;
    let size = parseFloat(getComputedStyle(element).fontSize);
    const svg = element.closest('svg');
    if (svg && svg.viewBox.baseVal.width) size *= svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
    if (size < 13.95 && !small.has(element)) { small.add(element); say(`${size.toFixed(1)} px`, element); }
  }
  const primary = [...document.querySelectorAll('main .btn--primary')].filter(seen);
  if (primary.length > 1) found.push(`${primary.length} primary actions`);
  for (const element of document.querySelectorAll('main p, main li, main dd')) {
    if (element.querySelector('p, li, dl, table, div') || !seen(element) || element.closest('pre, [lang^=zh] p')) continue;
    const range = document.createRange(); range.selectNodeContents(element);
    const lines = new Set([...range.getClientRects()].map(box => Math.round(box.bottom / 6)));
    const text = element.innerText.trim();
    if (!/[\u4e00-\u9fff]/.test(text) && lines.size > 1 && text.length / lines.size > 88) say(`${Math.round(text.length / lines.size)} characters a line`, element);
  }
  return found;
}
