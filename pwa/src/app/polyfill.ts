// What the oldest engine we serve (Chromium 69) lacks and Preact needs. Imported before anything else.
if (typeof queueMicrotask !== 'function') {
  const soon = (task: () => void) => {
    Promise.resolve()
      .then(task)
      .catch((error: unknown) => setTimeout(() => { throw error }))
  }
  Object.defineProperty(window, 'queueMicrotask', { value: soon, writable: true, configurable: true })
}

export {}
