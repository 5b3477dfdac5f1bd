/** ms that threads rest before they are ended. */
const REST_MS = 150;

/**
 * Ends worker threads that have nothing to do any more. What a thread ran last may still be compiled in the background, and
 * Node 20 aborts the whole process (an assertion in NodePlatform::ForIsolate) when such a job wants memory of a thread that is
 * gone: so threads rest for a moment first.
 */
export async function endThreads(threads: readonly { terminate(): Promise<unknown> }[]): Promise<void> {
  if (threads.length === 0) return;
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  await Promise.all(threads.map((thread) => thread.terminate()));
}
