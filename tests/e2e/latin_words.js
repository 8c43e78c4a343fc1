// Runs of Latin words where the page says that it is Chinese.
() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const lang = element.closest('[lang]').lang;
    if (!lang.startsWith('zh') || element.closest('script, style, pre, code')) continue;
    const text = walker.currentNode.data.replace(/\S+@\S+|https?:\S+/g, '');
    for (const run of text.match(/[A-Za-z][A-Za-z'’-]+(?:[ ,]+[A-Za-z][A-Za-z'’-]+)+/g) || []) found.push(run);
  }
  return found;
}
