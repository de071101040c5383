/** Runs in the page: everything that is cut, sticks out or lies over another, in words. */
export function faultsOfPictures(): readonly string[] {
  const faults: string[] = []
  const slack = 0.5
  const place = (element: Element) => element.getBoundingClientRect()
  const name = (element: Element) => element.textContent || element.getAttribute('data-box') || element.tagName
  const inside = (a: DOMRect, b: DOMRect) =>
    a.left >= b.left - slack && a.right <= b.right + slack && a.top >= b.top - slack && a.bottom <= b.bottom + slack
  const overlap = (a: DOMRect, b: DOMRect) =>
    a.left < b.right - slack && b.left < a.right - slack && a.top < b.bottom - slack && b.top < a.bottom - slack
  const apart = (elements: readonly Element[]) => {
    for (const [index, a] of elements.entries()) {
      for (const b of elements.slice(index + 1)) {
        if (overlap(place(a), place(b))) faults.push(`${name(a)} lies over ${name(b)}`)
      }
    }
  }
  for (const picture of document.querySelectorAll('svg.picture')) {
    const boxes = new Map([...picture.querySelectorAll('[data-box]')].map(box => [box.getAttribute('data-box'), box]))
    const within = new Map<string, Element[]>()
    for (const element of picture.querySelectorAll('[data-in]')) {
      const parent = element.getAttribute('data-in') ?? ''
      const box = boxes.get(parent)
      if (!box || !inside(place(element), place(box))) faults.push(`${name(element)} sticks out of ${parent}`)
      within.set(parent, [...(within.get(parent) ?? []), element])
    }
    for (const siblings of within.values()) apart(siblings)
    const labels = [...picture.querySelectorAll('.label')]
    apart(
      [...labels, ...[...boxes.values()].filter(box => box.hasAttribute('data-in'))].filter(
        e => !within.has(e.getAttribute('data-box') ?? ''),
      ),
    )
    for (const label of labels) {
      const [rect, text] = [label.querySelector('rect'), label.querySelector('text')]
      if (rect && text && !inside(place(text), place(rect))) faults.push(`${name(text)} sticks out of its label`)
    }
    for (const element of picture.querySelectorAll('text, rect, .line')) {
      if (!inside(place(element), place(picture))) faults.push(`${name(element)} sticks out of the picture`)
    }
  }
  return faults
}

/** Runs in the page: what makes the page itself scroll sideways. */
export function faultsOfPage(): readonly string[] {
  const width = document.documentElement.clientWidth
  if (document.documentElement.scrollWidth <= width) return []
  return [...document.querySelectorAll('body *')]
    .filter(element => !element.closest('.scroll') && element.getBoundingClientRect().right > width + 1)
    .map(element => `${element.tagName}: ${element.textContent?.slice(0, 60)}`)
}
